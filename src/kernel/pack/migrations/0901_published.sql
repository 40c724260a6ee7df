-- Versions of services that were published one by one, over the pack in force, each
-- from its instant on.
CREATE TABLE pack_published (
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  manifest TEXT NOT NULL,
  PRIMARY KEY (service, version)
);
