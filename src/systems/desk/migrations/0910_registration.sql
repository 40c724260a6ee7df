-- Files that programs of agencies sent, to be named in an application.
CREATE TABLE desk_document (
  file TEXT PRIMARY KEY,
  entity TEXT NOT NULL,
  person BIGINT NOT NULL,
  sent BIGINT NOT NULL,
  metadata TEXT NOT NULL
);
CREATE INDEX desk_document_person ON desk_document (person);

-- What a program told of an application beside its answers.
CREATE TABLE desk_registration (
  case_id BIGINT PRIMARY KEY,
  applicant BIGINT NOT NULL,
  name TEXT NOT NULL,
  created BIGINT NOT NULL,
  task BIGINT NOT NULL,
  operator TEXT NOT NULL
);
CREATE INDEX desk_registration_applicant ON desk_registration (applicant);
