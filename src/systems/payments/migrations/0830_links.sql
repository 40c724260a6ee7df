-- Links by which a payer who is on the telephone pays on a device of their own.
CREATE TABLE pay_link (
  hash TEXT PRIMARY KEY,
  id BIGINT NOT NULL UNIQUE,
  order_id BIGINT NOT NULL REFERENCES pay_order (id),
  asked_by BIGINT NOT NULL,
  at BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  device TEXT NOT NULL,
  used BIGINT NOT NULL,
  CHECK ((device = '') = (used = 0))
);
CREATE INDEX pay_link_order ON pay_link (order_id);
