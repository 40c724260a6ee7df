-- The journal: one row an event, one leaf of the tree.
CREATE TABLE journal (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  on_behalf BIGINT NOT NULL,
  entity TEXT NOT NULL,
  subject BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  data TEXT NOT NULL,
  sealed BYTEA,
  leaf BYTEA NOT NULL,
  chain BYTEA NOT NULL
);
CREATE INDEX journal_case ON journal (case_id, seq) WHERE case_id <> 0;
CREATE INDEX journal_subject ON journal (subject, seq) WHERE subject <> 0;
CREATE INDEX journal_kind ON journal (kind, seq);

-- Signed tree heads, with the right edge of the tree to go on from.
CREATE TABLE checkpoint (
  size BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  root BYTEA NOT NULL,
  note TEXT NOT NULL,
  frontier BYTEA NOT NULL
);

-- Keys of persons, wrapped under the master key; a destroyed key has no bytes.
CREATE TABLE vault_key (
  subject BIGINT PRIMARY KEY,
  wrapped BYTEA,
  made BIGINT NOT NULL,
  destroyed BIGINT
);

-- Commands answered once; never forgotten.
CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (scope, key)
);

-- Side effects asked for, done after the commit.
CREATE TABLE job (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'dead')),
  due BIGINT NOT NULL,
  lease BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  error TEXT NOT NULL,
  made BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_once ON job (kind, key) WHERE key <> '';
CREATE INDEX job_due ON job (due) WHERE state = 'ready';
CREATE INDEX job_lease ON job (lease) WHERE state = 'running';
