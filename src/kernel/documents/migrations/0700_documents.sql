-- What was asked for: each order has its number from the start, so that none is
-- skipped, and keeps it until its document is issued.
CREATE TABLE document_order (
  id BIGINT PRIMARY KEY,
  key TEXT UNIQUE,
  seq BIGINT NOT NULL,
  number TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL,
  document BIGINT NOT NULL
);

CREATE TABLE document_number (
  prefix TEXT NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (prefix, year)
);

-- What was issued. The initials of an erased person are emptied.
CREATE TABLE document (
  id BIGINT PRIMARY KEY,
  seq BIGINT NOT NULL,
  number TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  entity TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  subject BIGINT NOT NULL,
  file TEXT NOT NULL,
  hash TEXT NOT NULL,
  title TEXT NOT NULL,
  initials_en TEXT NOT NULL,
  initials_ar TEXT NOT NULL,
  at BIGINT NOT NULL,
  revoked BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX document_case ON document (case_id, id) WHERE case_id <> 0;
CREATE INDEX document_subject ON document (subject, id) WHERE subject <> 0;

-- Not a fold of events: specs by their hash, once for all documents of a kind.
CREATE TABLE document_spec (
  hash TEXT PRIMARY KEY,
  spec TEXT NOT NULL
);
