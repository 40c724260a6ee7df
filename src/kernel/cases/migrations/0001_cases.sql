-- Cases. All but their readers' times are folds of sealed and clear events. Keys
-- lead with the person or the entity, so that a sharding engine can spread them.
CREATE TABLE case_file (
  id BIGINT NOT NULL,
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
  PRIMARY KEY (applicant, id)
);
CREATE UNIQUE INDEX case_file_id ON case_file (id);
CREATE UNIQUE INDEX case_file_reference ON case_file (reference);

-- What is personal of a case; emptied when the person is erased.
CREATE TABLE case_body (
  applicant BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  person TEXT NOT NULL,
  answers TEXT NOT NULL,
  raw TEXT NOT NULL,
  process TEXT NOT NULL,
  trace TEXT NOT NULL,
  reason TEXT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (applicant, case_id)
);

-- What the desk of each entity with a part in a case lists. A case without a due
-- time sorts last.
CREATE TABLE case_desk (
  entity TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  applicant BIGINT NOT NULL,
  service TEXT NOT NULL,
  state TEXT NOT NULL,
  holder BIGINT NOT NULL,
  due BIGINT NOT NULL,
  submitted BIGINT NOT NULL,
  PRIMARY KEY (entity, case_id)
);
CREATE INDEX case_desk_case ON case_desk (case_id);
CREATE INDEX case_desk_due ON case_desk (entity, state, due, case_id);
CREATE INDEX case_desk_submitted ON case_desk (entity, state, submitted, case_id);
CREATE INDEX case_desk_service ON case_desk (entity, state, service, due, case_id);
CREATE INDEX case_desk_holder ON case_desk (entity, state, holder, due, case_id);
CREATE INDEX case_desk_applicant ON case_desk (applicant, entity);

-- How many of each there are, so that a list need not count.
CREATE TABLE case_count (
  entity TEXT NOT NULL,
  service TEXT NOT NULL,
  state TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (entity, service, state)
);

CREATE TABLE case_task (
  entity TEXT NOT NULL,
  id BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  element TEXT NOT NULL,
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  outcomes TEXT NOT NULL,
  form TEXT NOT NULL,
  four_eyes TEXT NOT NULL,
  holder BIGINT NOT NULL,
  taken BIGINT NOT NULL,
  opened BIGINT NOT NULL,
  due BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  closer BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (entity, id)
);
CREATE UNIQUE INDEX case_task_id ON case_task (id);
CREATE INDEX case_task_case ON case_task (case_id, closed, id);
CREATE INDEX case_task_holder ON case_task (entity, holder) WHERE closed = 0;

-- Messages and signals that cases wait for.
CREATE TABLE case_wait (
  case_id BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (case_id, instance)
);
CREATE INDEX case_wait_name ON case_wait (name, key, case_id);

-- Work asked of other rooms and not done yet.
CREATE TABLE case_work (
  case_id BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  type TEXT NOT NULL,
  element TEXT NOT NULL,
  asked BIGINT NOT NULL,
  PRIMARY KEY (case_id, instance)
);

-- Parked steps, with what would have happened, for a retry.
CREATE TABLE case_incident (
  case_id BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  rule TEXT NOT NULL,
  cause TEXT NOT NULL,
  what TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (case_id, instance)
);

-- The last number given, by prefix of references and year.
CREATE TABLE case_number (
  prefix TEXT NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (prefix, year)
);

-- Who last read which case.
CREATE TABLE case_reader (
  case_id BIGINT NOT NULL,
  person BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (case_id, person)
);

-- Words of applicants' names, as kernel/search folds them, for each desk apart: what
-- others have cannot push out, or be told from, what a reader may see.
CREATE TABLE case_word (
  entity TEXT NOT NULL,
  word BYTEA NOT NULL,
  case_id BIGINT NOT NULL,
  PRIMARY KEY (entity, word, case_id)
);
CREATE INDEX case_word_case ON case_word (case_id);
