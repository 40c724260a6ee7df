CREATE TABLE sim_payment (
  id TEXT PRIMARY KEY,
  reference TEXT NOT NULL,
  order_reference TEXT NOT NULL,
  amount BIGINT NOT NULL,
  charged BIGINT NOT NULL,
  currency TEXT NOT NULL,
  outcome TEXT NOT NULL,
  status TEXT NOT NULL,
  last4 TEXT NOT NULL,
  at BIGINT NOT NULL,
  ready BIGINT NOT NULL,
  sent BIGINT NOT NULL
);
CREATE INDEX sim_payment_ready ON sim_payment (ready);
CREATE TABLE sim_refund (
  id TEXT PRIMARY KEY,
  payment TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX sim_refund_payment ON sim_refund (payment);
CREATE INDEX sim_refund_at ON sim_refund (at);
CREATE TABLE sim_setting (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
