-- Providers that an operator took out of use.
CREATE TABLE pay_switch (
  provider TEXT PRIMARY KEY,
  off BIGINT NOT NULL CHECK (off IN (0, 1)),
  person BIGINT NOT NULL,
  at BIGINT NOT NULL
);
