-- Keys of agencies' programs: only the hash of each. A key acts as one officer, for
-- one entity.
CREATE TABLE desk_key (
  hash TEXT PRIMARY KEY,
  entity TEXT NOT NULL,
  person BIGINT NOT NULL,
  name TEXT NOT NULL,
  made BIGINT NOT NULL,
  maker BIGINT NOT NULL,
  until BIGINT NOT NULL
);
CREATE INDEX desk_key_entity ON desk_key (entity, made);
