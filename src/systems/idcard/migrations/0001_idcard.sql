-- The last number given to a card. Derived: one row.
CREATE TABLE idcard_number (
  id BIGINT PRIMARY KEY,
  last BIGINT NOT NULL
);
