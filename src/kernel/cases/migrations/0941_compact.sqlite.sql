-- Keys that begin with the case serve also to find its rows, which spares an index;
-- rows that are found by their key stand in the key's tree.
CREATE TABLE case_desk_next (
  entity TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  applicant BIGINT NOT NULL,
  service TEXT NOT NULL,
  state TEXT NOT NULL,
  holder BIGINT NOT NULL,
  due BIGINT NOT NULL,
  submitted BIGINT NOT NULL,
  PRIMARY KEY (case_id, entity)
) WITHOUT ROWID;
INSERT INTO case_desk_next (entity, case_id, applicant, service, state, holder, due, submitted)
  SELECT entity, case_id, applicant, service, state, holder, due, submitted FROM case_desk;
DROP TABLE case_desk;
ALTER TABLE case_desk_next RENAME TO case_desk;
CREATE INDEX case_desk_due ON case_desk (entity, state, due, case_id);
CREATE INDEX case_desk_submitted ON case_desk (entity, state, submitted, case_id);
CREATE INDEX case_desk_service ON case_desk (entity, state, service, due, case_id);
CREATE INDEX case_desk_holder ON case_desk (entity, state, holder, due, case_id);
CREATE INDEX case_desk_holder_submitted ON case_desk (entity, state, holder, submitted, case_id);
CREATE INDEX case_desk_applicant ON case_desk (applicant, entity);

CREATE TABLE case_word_next (
  entity TEXT NOT NULL,
  word BYTEA NOT NULL,
  case_id BIGINT NOT NULL,
  PRIMARY KEY (case_id, entity, word)
) WITHOUT ROWID;
INSERT INTO case_word_next (entity, word, case_id) SELECT entity, word, case_id FROM case_word;
DROP TABLE case_word;
ALTER TABLE case_word_next RENAME TO case_word;
CREATE INDEX case_word_word ON case_word (entity, word, case_id);

CREATE TABLE case_task_next (
  entity TEXT NOT NULL,
  id BIGINT PRIMARY KEY,
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
  answers TEXT NOT NULL DEFAULT ''
);
INSERT INTO case_task_next (entity, id, case_id, instance, element, role, name, outcomes, form,
    four_eyes, holder, taken, opened, due, closed, closer, outcome, answers)
  SELECT entity, id, case_id, instance, element, role, name, outcomes, form,
    four_eyes, holder, taken, opened, due, closed, closer, outcome, answers FROM case_task;
DROP TABLE case_task;
ALTER TABLE case_task_next RENAME TO case_task;
CREATE INDEX case_task_case ON case_task (case_id, closed, id);
CREATE INDEX case_task_holder ON case_task (entity, holder) WHERE closed = 0;
