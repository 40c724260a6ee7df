-- What agencies present for payment.
CREATE TABLE pay_bill (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  number TEXT NOT NULL,
  payer BIGINT NOT NULL,
  label_en TEXT NOT NULL,
  label_ar TEXT NOT NULL,
  gl TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  paid BIGINT NOT NULL CHECK (paid >= 0 AND paid <= amount),
  state TEXT NOT NULL CHECK (state IN ('issued', 'part_paid', 'paid', 'cancelled')),
  due BIGINT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (entity, number),
  CHECK ((state = 'paid') = (paid = amount)),
  CHECK (state <> 'issued' OR paid = 0)
);
CREATE INDEX pay_bill_payer ON pay_bill (payer, due) WHERE payer <> 0;

-- Which bill a line of an order pays.
CREATE TABLE pay_line_bill (
  order_id BIGINT NOT NULL,
  no BIGINT NOT NULL,
  bill BIGINT NOT NULL REFERENCES pay_bill (id),
  PRIMARY KEY (order_id, no)
);
CREATE INDEX pay_line_bill_bill ON pay_line_bill (bill);

-- How an income is shared: the parts of each beneficiary.
CREATE TABLE pay_share (
  gl TEXT NOT NULL,
  beneficiary TEXT NOT NULL,
  weight BIGINT NOT NULL CHECK (weight > 0),
  PRIMARY KEY (gl, beneficiary)
);
CREATE TABLE pay_distribution (
  entity TEXT NOT NULL,
  gl TEXT NOT NULL,
  period TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL,
  parts TEXT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (entity, gl, period, currency)
);
