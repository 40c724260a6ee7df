-- Files of packs and their manifests by SHA-256: what the events name. Not
-- derived from the journal; each is checked against its hash when read.
CREATE TABLE pack_blob (
  hash TEXT PRIMARY KEY,
  bytes BYTEA NOT NULL
);

-- Packs as they came into force; the newest is the one that is.
CREATE TABLE pack (
  seq BIGINT PRIMARY KEY,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  hash TEXT NOT NULL,
  at BIGINT NOT NULL
);

-- Which pack (by its hash) first brought a version of a service.
CREATE TABLE pack_service (
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  hash TEXT NOT NULL,
  pack TEXT NOT NULL,
  PRIMARY KEY (service, version)
);
