-- Cases of a service in the order of their submission: what a new version of a rule is
-- tried on.
CREATE INDEX case_file_service ON case_file (service, submitted, id);
