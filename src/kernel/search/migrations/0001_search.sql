-- An inverted index in plain tables, the same on both databases. Words are bytes,
-- so that ranges and order do not depend on a collation.
CREATE TABLE search_posting (
  set_name TEXT NOT NULL,
  word BYTEA NOT NULL,
  doc TEXT NOT NULL,
  weight BIGINT NOT NULL,
  PRIMARY KEY (set_name, word, doc)
);
CREATE INDEX search_posting_doc ON search_posting (set_name, doc);

-- How many documents a set has, for the weight of rare words.
CREATE TABLE search_doc (
  set_name TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (set_name, doc)
);

-- Each known word with one of its letters left out, and whole: a word typed with
-- one letter wrong shares such a piece with the right one.
CREATE TABLE search_near (
  set_name TEXT NOT NULL,
  piece BYTEA NOT NULL,
  word BYTEA NOT NULL,
  PRIMARY KEY (set_name, piece, word)
);
