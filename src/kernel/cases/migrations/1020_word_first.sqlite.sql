-- A word's cases on one desk stand beside those on another: the words of a person who sends
-- an application to two bodies go to half as many places.
CREATE TABLE case_word_next (
  entity TEXT NOT NULL,
  word BYTEA NOT NULL,
  case_id BIGINT NOT NULL,
  PRIMARY KEY (word, entity, case_id)
) WITHOUT ROWID;
INSERT INTO case_word_next (entity, word, case_id)
  SELECT entity, word, case_id FROM case_word ORDER BY word, entity, case_id;
DROP TABLE case_word;
ALTER TABLE case_word_next RENAME TO case_word;
