-- Programs of bodies that ask for payments: the hash of their key.
CREATE TABLE pay_api_key (
  hash TEXT PRIMARY KEY,
  entity TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE pay_webhook (
  entity TEXT PRIMARY KEY,
  url TEXT NOT NULL
);
-- What a program said of its order.
CREATE TABLE pay_api_order (
  order_id BIGINT PRIMARY KEY REFERENCES pay_order (id),
  reference TEXT NOT NULL,
  description TEXT NOT NULL,
  return_url TEXT NOT NULL
);
CREATE INDEX pay_api_order_reference ON pay_api_order (reference);
