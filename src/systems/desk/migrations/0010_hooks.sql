-- Where an agency's program is told of its cases. The secret is not derived: it is wrapped
-- by the platform's key and in no event.
CREATE TABLE desk_hook (
  entity TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  since BIGINT NOT NULL
);
CREATE TABLE desk_hook_secret (
  entity TEXT PRIMARY KEY,
  secret BYTEA NOT NULL
);
