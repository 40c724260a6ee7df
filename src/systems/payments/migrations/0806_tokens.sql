-- Cards that providers keep for payers: a token and four digits, never a number.
CREATE TABLE pay_token (
  id BIGINT PRIMARY KEY,
  payer BIGINT NOT NULL,
  provider TEXT NOT NULL,
  token TEXT NOT NULL,
  last4 TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX pay_token_payer ON pay_token (payer);
