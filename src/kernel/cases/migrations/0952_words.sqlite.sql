-- Words are found by word alone, in one tree; which a case has, its body tells.
ALTER TABLE case_body ADD COLUMN names BYTEA NOT NULL DEFAULT x'';
UPDATE case_body SET names = coalesce((SELECT CAST(group_concat(CAST(w.word AS TEXT), ' ') AS BLOB)
    FROM (SELECT word FROM case_word WHERE case_id = case_body.case_id AND entity =
      (SELECT min(entity) FROM case_word WHERE case_id = case_body.case_id) ORDER BY word) AS w), x'');
CREATE TABLE case_word_next (
  entity TEXT NOT NULL,
  word BYTEA NOT NULL,
  case_id BIGINT NOT NULL,
  PRIMARY KEY (entity, word, case_id)
) WITHOUT ROWID;
INSERT INTO case_word_next (entity, word, case_id)
  SELECT entity, word, case_id FROM case_word ORDER BY entity, word, case_id;
DROP TABLE case_word;
ALTER TABLE case_word_next RENAME TO case_word;
