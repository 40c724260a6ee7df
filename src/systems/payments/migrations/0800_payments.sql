-- What is to be paid.
CREATE TABLE pay_order (
  id BIGINT PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE,
  origin TEXT NOT NULL CHECK (origin IN ('case', 'bill', 'basket', 'api', 'counter')),
  case_id BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  payer BIGINT NOT NULL,
  entity TEXT NOT NULL,
  service TEXT NOT NULL,
  title_en TEXT NOT NULL,
  title_ar TEXT NOT NULL,
  currency TEXT NOT NULL,
  total BIGINT NOT NULL CHECK (total > 0),
  state TEXT NOT NULL CHECK (state IN ('created', 'pending', 'unknown', 'paid', 'fulfilled',
    'refunded', 'expired', 'cancelled')),
  last TEXT NOT NULL,
  channel TEXT NOT NULL,
  method TEXT NOT NULL,
  provider TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  captured BIGINT NOT NULL CHECK (captured IN (0, total)),
  refunded BIGINT NOT NULL CHECK (refunded >= 0),
  refund_pending BIGINT NOT NULL CHECK (refund_pending >= 0),
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  paid BIGINT NOT NULL,
  fulfilled BIGINT NOT NULL,
  changed_seq BIGINT NOT NULL,
  CHECK (refunded + refund_pending <= captured),
  CHECK ((state IN ('paid', 'fulfilled', 'refunded')) = (captured > 0))
);
-- A service asks once for the payment of a step.
CREATE UNIQUE INDEX pay_order_step ON pay_order (case_id, instance) WHERE case_id <> 0;
CREATE INDEX pay_order_payer ON pay_order (payer, created) WHERE payer <> 0;
CREATE INDEX pay_order_entity ON pay_order (entity, created);
CREATE INDEX pay_order_open ON pay_order (expires) WHERE state IN ('created', 'unknown');

CREATE TABLE pay_line (
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  no BIGINT NOT NULL,
  entity TEXT NOT NULL,
  service TEXT NOT NULL,
  label_en TEXT NOT NULL,
  label_ar TEXT NOT NULL,
  gl TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  returned BIGINT NOT NULL CHECK (returned >= 0 AND returned <= amount),
  rule TEXT NOT NULL,
  PRIMARY KEY (order_id, no)
);

-- Ways the payer took to pay it. One charge: the two unique keys say so.
CREATE TABLE pay_attempt (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  no BIGINT NOT NULL,
  provider TEXT NOT NULL,
  method TEXT NOT NULL,
  channel TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'captured', 'declined', 'cancelled', 'expired',
    'unknown', 'superseded', 'surplus')),
  provider_ref TEXT NOT NULL,
  last4 TEXT NOT NULL,
  opened BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  UNIQUE (order_id, no)
);
CREATE UNIQUE INDEX pay_attempt_captured ON pay_attempt (order_id) WHERE state = 'captured';
CREATE UNIQUE INDEX pay_attempt_open ON pay_attempt (order_id) WHERE state = 'open';
CREATE INDEX pay_attempt_provider ON pay_attempt (provider, opened);
CREATE INDEX pay_attempt_ref ON pay_attempt (provider_ref) WHERE provider_ref <> '';
CREATE INDEX pay_attempt_last4 ON pay_attempt (last4, opened) WHERE last4 <> '';

-- What providers said, each message once.
CREATE TABLE pay_message (
  provider TEXT NOT NULL,
  message TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  verdict TEXT NOT NULL,
  via TEXT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (provider, message)
);
CREATE INDEX pay_message_order ON pay_message (order_id, seq);

-- Numbers without gaps for each entity and year.
CREATE TABLE pay_receipt (
  entity TEXT NOT NULL,
  year BIGINT NOT NULL,
  no BIGINT NOT NULL CHECK (no > 0),
  number TEXT NOT NULL UNIQUE,
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (entity, year, no),
  UNIQUE (order_id, entity)
);

CREATE TABLE pay_refund (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  attempt BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('order', 'surplus')),
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'done', 'failed')),
  maker BIGINT NOT NULL,
  checker BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  parts TEXT NOT NULL,
  seq BIGINT NOT NULL,
  CHECK (checker = 0 OR checker <> maker)
);
CREATE INDEX pay_refund_order ON pay_refund (order_id);
CREATE UNIQUE INDEX pay_refund_surplus ON pay_refund (attempt) WHERE kind = 'surplus';
CREATE INDEX pay_refund_waiting ON pay_refund (asked) WHERE state = 'asked';

CREATE TABLE pay_provider (
  id TEXT PRIMARY KEY,
  adapter TEXT NOT NULL,
  url TEXT NOT NULL,
  name_en TEXT NOT NULL,
  name_ar TEXT NOT NULL,
  methods TEXT NOT NULL,
  weight BIGINT NOT NULL CHECK (weight >= 0)
);
-- The shared secrets, wrapped; not in the journal.
CREATE TABLE pay_provider_secret (
  id TEXT PRIMARY KEY,
  wrapped BYTEA NOT NULL
);
CREATE TABLE pay_health (
  provider TEXT PRIMARY KEY,
  up BIGINT NOT NULL CHECK (up IN (0, 1)),
  since BIGINT NOT NULL
);
