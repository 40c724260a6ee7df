-- Jobs given up are few among those done, and asked for at each look at the figures.
CREATE INDEX job_dead ON job (due) WHERE state = 'dead';
