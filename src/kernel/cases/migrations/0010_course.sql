-- What may happen to a case beside its process: it is suspended, split, joined, reopened,
-- and its rejection appealed.
ALTER TABLE case_file ADD COLUMN suspended BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN joined BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN split_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN appealed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN appeals BIGINT NOT NULL DEFAULT 0;
CREATE INDEX case_file_split ON case_file (split_from) WHERE split_from <> 0;
CREATE INDEX case_file_joined ON case_file (joined) WHERE joined <> 0;
