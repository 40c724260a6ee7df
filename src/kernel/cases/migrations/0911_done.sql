-- What officers did, by day: statistics of an entity read a span of it.
CREATE INDEX case_task_done ON case_task (entity, closed) WHERE closed > 0;
