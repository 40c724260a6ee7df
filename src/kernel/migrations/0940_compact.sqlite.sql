-- Found by its key alone: the row stands in the key's tree.
CREATE TABLE idempotency_next (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (scope, key)
) WITHOUT ROWID;
INSERT INTO idempotency_next (scope, key, request_hash, answer, at)
  SELECT scope, key, request_hash, answer, at FROM idempotency;
DROP TABLE idempotency;
ALTER TABLE idempotency_next RENAME TO idempotency;
