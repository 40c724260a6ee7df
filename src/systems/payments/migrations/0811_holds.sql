-- What a provider holds for an order whose program takes it later.
CREATE TABLE pay_hold (
  attempt BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  amount BIGINT NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state IN ('held', 'asked', 'ended')),
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pay_hold_order ON pay_hold (order_id) WHERE state <> 'ended';
-- Where a provider that was asked for its page has it.
CREATE TABLE pay_lead (
  attempt BIGINT PRIMARY KEY,
  url TEXT NOT NULL
);
ALTER TABLE pay_api_order ADD COLUMN delayed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pay_api_order ADD COLUMN metadata TEXT NOT NULL DEFAULT '';
