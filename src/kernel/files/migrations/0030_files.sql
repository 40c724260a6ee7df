-- Files: what is known of them. Their bytes are below DATA_DIR/files.
CREATE TABLE file (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  subject BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  entity TEXT NOT NULL,
  at BIGINT NOT NULL,
  sealed_key TEXT
);
CREATE INDEX file_subject ON file (subject) WHERE subject <> 0;
CREATE INDEX file_case ON file (case_id) WHERE case_id <> 0;
