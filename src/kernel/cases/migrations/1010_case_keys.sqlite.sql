-- A case is read and changed by its number alone, so that orders its rows: one tree less to
-- go through each time. A person's cases, in the order of their numbers, are found by the
-- index of applicants.
CREATE TABLE case_file_next (
  id BIGINT PRIMARY KEY,
  applicant BIGINT NOT NULL,
  agent BIGINT NOT NULL,
  reference TEXT,
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  entity TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  channel TEXT NOT NULL,
  opened BIGINT NOT NULL,
  submitted BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  due BIGINT NOT NULL,
  paused BIGINT NOT NULL,
  holder BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  fee BIGINT NOT NULL,
  currency TEXT NOT NULL,
  fee_rule TEXT NOT NULL,
  rating BIGINT NOT NULL,
  suspended BIGINT NOT NULL DEFAULT 0,
  joined BIGINT NOT NULL DEFAULT 0,
  split_from BIGINT NOT NULL DEFAULT 0,
  appealed BIGINT NOT NULL DEFAULT 0,
  appeals BIGINT NOT NULL DEFAULT 0
);
INSERT INTO case_file_next (id, applicant, agent, reference, service, version, entity, state,
    outcome, channel, opened, submitted, changed, closed, due, paused, holder, revision, fee,
    currency, fee_rule, rating, suspended, joined, split_from, appealed, appeals)
  SELECT id, applicant, agent, reference, service, version, entity, state,
    outcome, channel, opened, submitted, changed, closed, due, paused, holder, revision, fee,
    currency, fee_rule, rating, suspended, joined, split_from, appealed, appeals
  FROM case_file ORDER BY id;
DROP TABLE case_file;
ALTER TABLE case_file_next RENAME TO case_file;
CREATE INDEX case_file_applicant ON case_file (applicant, id);
CREATE UNIQUE INDEX case_file_reference ON case_file (reference) WHERE reference IS NOT NULL;
CREATE INDEX case_file_service ON case_file (service, submitted, id) WHERE submitted > 0;
CREATE INDEX case_file_closed ON case_file (service, closed) WHERE closed > 0;
CREATE INDEX case_file_split ON case_file (split_from) WHERE split_from <> 0;
CREATE INDEX case_file_joined ON case_file (joined) WHERE joined <> 0;

CREATE TABLE case_body_next (
  applicant BIGINT NOT NULL,
  case_id BIGINT PRIMARY KEY,
  person TEXT NOT NULL,
  answers TEXT NOT NULL,
  raw TEXT NOT NULL,
  process TEXT NOT NULL,
  trace TEXT NOT NULL,
  reason TEXT NOT NULL,
  words TEXT NOT NULL,
  names BYTEA NOT NULL DEFAULT x''
);
INSERT INTO case_body_next (applicant, case_id, person, answers, raw, process, trace, reason,
    words, names)
  SELECT applicant, case_id, person, answers, raw, process, trace, reason, words, names
  FROM case_body ORDER BY case_id;
DROP TABLE case_body;
ALTER TABLE case_body_next RENAME TO case_body;
CREATE INDEX case_body_applicant ON case_body (applicant);
