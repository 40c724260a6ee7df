-- What a payer's bank takes back, until it is won or lost.
CREATE TABLE pay_dispute (
  id BIGINT PRIMARY KEY,
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  attempt BIGINT NOT NULL,
  reference TEXT NOT NULL,
  reason TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('opened', 'answered', 'won', 'lost')),
  answer_by BIGINT NOT NULL,
  at BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  UNIQUE (attempt, reference)
);
CREATE INDEX pay_dispute_order ON pay_dispute (order_id);
