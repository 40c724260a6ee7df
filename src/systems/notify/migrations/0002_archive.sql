-- A notice that its reader put away.
ALTER TABLE notice ADD COLUMN archived BIGINT NOT NULL DEFAULT 0;
