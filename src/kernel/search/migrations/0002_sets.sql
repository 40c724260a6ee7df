-- Finding happens in memory: who holds an index reads it again when this number is
-- another. It counts changes, those of a rebuild too, so that it is no derived table.
CREATE TABLE search_set (
  set_name TEXT PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO search_set (set_name, version) SELECT DISTINCT set_name, 1 FROM search_doc;
DROP TABLE search_near;
