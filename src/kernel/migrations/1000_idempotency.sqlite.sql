-- By key before scope: who makes keys one after the other, as forms and most programs do,
-- has them beside each other, and a commit changes few pages instead of one for each.
CREATE TABLE idempotency_next (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (key, scope)
) WITHOUT ROWID;
INSERT INTO idempotency_next (scope, key, request_hash, answer, at)
  SELECT scope, key, request_hash, answer, at FROM idempotency ORDER BY key, scope;
DROP TABLE idempotency;
ALTER TABLE idempotency_next RENAME TO idempotency;
