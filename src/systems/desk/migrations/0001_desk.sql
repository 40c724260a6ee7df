-- Filters that officers keep: the query part of the list's address.
CREATE TABLE desk_search (
  person BIGINT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  PRIMARY KEY (person, name)
);

-- Who stands in for whom, and when.
CREATE TABLE desk_cover (
  person BIGINT NOT NULL,
  substitute BIGINT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (person)
);
CREATE INDEX desk_cover_substitute ON desk_cover (substitute);
