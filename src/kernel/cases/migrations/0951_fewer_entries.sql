-- Each entry costs every submission. Nobody has taken what is in the state "submitted", so
-- who looks for that reads another index; drafts have neither a number nor a day.
DROP INDEX case_desk_holder;
CREATE INDEX case_desk_holder ON case_desk (entity, state, holder, due, case_id)
  WHERE state <> 'submitted' OR holder <> 0;
DROP INDEX case_file_service;
CREATE INDEX case_file_service ON case_file (service, submitted, id) WHERE submitted > 0;
DROP INDEX case_file_reference;
CREATE UNIQUE INDEX case_file_reference ON case_file (reference) WHERE reference IS NOT NULL;
