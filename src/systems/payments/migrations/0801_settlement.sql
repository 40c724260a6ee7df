-- Statements of providers and of the bank, and their entries.
CREATE TABLE pay_batch (
  id BIGINT PRIMARY KEY,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  reference TEXT NOT NULL,
  hash TEXT NOT NULL,
  covers_from BIGINT NOT NULL,
  covers_to BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  sum BIGINT NOT NULL,
  paid BIGINT NOT NULL,
  paid_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  UNIQUE (provider, hash)
);
CREATE INDEX pay_batch_reference ON pay_batch (reference);

CREATE TABLE pay_batch_sum (
  batch BIGINT NOT NULL REFERENCES pay_batch (id),
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (batch, entity, currency)
);

-- What is settled is settled once.
CREATE TABLE pay_settled (
  kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund')),
  id BIGINT NOT NULL,
  batch BIGINT NOT NULL REFERENCES pay_batch (id),
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  reference TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX pay_settled_batch ON pay_settled (batch);

CREATE TABLE pay_exception (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  batch BIGINT NOT NULL,
  what TEXT NOT NULL,
  order_id BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  expected BIGINT NOT NULL,
  found BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
  resolution TEXT NOT NULL,
  resolver BIGINT NOT NULL,
  at BIGINT NOT NULL,
  ended BIGINT NOT NULL
);
CREATE INDEX pay_exception_open ON pay_exception (at) WHERE state = 'open';
CREATE INDEX pay_exception_attempt ON pay_exception (attempt) WHERE attempt <> 0;

CREATE TABLE pay_close (
  entity TEXT NOT NULL,
  day BIGINT NOT NULL,
  totals TEXT NOT NULL,
  counted TEXT NOT NULL,
  closer BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (entity, day)
);
