-- What a key may be used for: "pay" asks for payments, "payout" gives money out,
-- "bank" answers for a bank (then `entity` is a provider).
ALTER TABLE pay_api_key ADD COLUMN scope TEXT NOT NULL DEFAULT 'pay';

-- Programs of bodies, by the names that they call themselves.
CREATE TABLE pay_program (
  name TEXT PRIMARY KEY,
  entity TEXT NOT NULL,
  at BIGINT NOT NULL
);

-- Request ids that were taken: the same again changes nothing. `answer` tells what
-- became of it, without personal data.
CREATE TABLE pay_request (
  entity TEXT NOT NULL,
  kind TEXT NOT NULL,
  request TEXT NOT NULL,
  digest TEXT NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (entity, kind, request)
);

-- Money that the treasury gave a body to pay out.
CREATE TABLE pay_funding (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  reference TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  at BIGINT NOT NULL,
  UNIQUE (entity, reference)
);

-- Whom a body pays, by the number that it gave them.
CREATE TABLE pay_payee (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  number TEXT NOT NULL,
  modality TEXT NOT NULL,
  address TEXT NOT NULL,
  bank TEXT NOT NULL,
  active BIGINT NOT NULL CHECK (active IN (0, 1)),
  at BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE UNIQUE INDEX pay_payee_number ON pay_payee (entity, number) WHERE number <> '';

-- Who takes a body's vouchers.
CREATE TABLE pay_merchant (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  voucher_group TEXT NOT NULL,
  open BIGINT NOT NULL CHECK (open IN (0, 1)),
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pay_merchant_name ON pay_merchant (entity, name, account) WHERE name <> '';

CREATE TABLE pay_voucher_group (
  entity TEXT NOT NULL,
  code TEXT NOT NULL,
  most BIGINT NOT NULL CHECK (most > 0),
  life BIGINT NOT NULL CHECK (life > 0),
  made BIGINT NOT NULL,
  PRIMARY KEY (entity, code)
);

-- Of the number that gives the money only a digest is kept.
CREATE TABLE pay_voucher (
  id BIGINT PRIMARY KEY,
  serial BIGINT NOT NULL UNIQUE,
  digest TEXT NOT NULL UNIQUE,
  entity TEXT NOT NULL,
  program TEXT NOT NULL,
  voucher_group TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state IN ('preactivated', 'activated', 'suspended', 'consumed',
    'cancelled', 'expired')),
  payee BIGINT NOT NULL,
  merchant BIGINT NOT NULL,
  made BIGINT NOT NULL,
  activated BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  changed_seq BIGINT NOT NULL,
  CHECK ((state = 'consumed') = (merchant > 0)),
  CHECK ((state IN ('consumed', 'cancelled', 'expired')) = (ended > 0)),
  CHECK (state NOT IN ('activated', 'suspended', 'consumed') OR activated > 0)
);
CREATE INDEX pay_voucher_entity ON pay_voucher (entity, id);

-- A batch of instructions, handed over by a body's program.
CREATE TABLE pay_payout_batch (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  program TEXT NOT NULL,
  reference TEXT NOT NULL,
  request TEXT NOT NULL,
  currency TEXT NOT NULL,
  instructions BIGINT NOT NULL CHECK (instructions > 0),
  total BIGINT NOT NULL CHECK (total > 0),
  paid BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  paid_amount BIGINT NOT NULL CHECK (paid_amount >= 0 AND paid_amount <= total),
  state TEXT NOT NULL CHECK (state IN ('received', 'done')),
  callback TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  UNIQUE (entity, reference),
  CHECK (paid + failed <= instructions),
  CHECK ((state = 'done') = (ended > 0))
);

CREATE TABLE pay_payout (
  batch BIGINT NOT NULL REFERENCES pay_payout_batch (id),
  no BIGINT NOT NULL,
  instruction TEXT NOT NULL,
  payee TEXT NOT NULL,
  narration TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  modality TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'paid', 'failed', 'returned')),
  reason TEXT NOT NULL,
  ended BIGINT NOT NULL,
  PRIMARY KEY (batch, no),
  UNIQUE (batch, instruction),
  CHECK ((state = 'waiting') = (ended = 0))
);

-- A body asks a payer's bank to have a bill paid.
CREATE TABLE pay_rtp (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  request TEXT NOT NULL,
  rtp BIGINT NOT NULL,
  bill BIGINT NOT NULL REFERENCES pay_bill (id),
  bank TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected')),
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  UNIQUE (entity, rtp)
);
