-- The latest closed cases of a service: how long it takes.
CREATE INDEX case_file_closed ON case_file (service, closed) WHERE closed > 0;
