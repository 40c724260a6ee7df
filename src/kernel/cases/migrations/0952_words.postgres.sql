-- Words are found by word alone, in one index; which a case has, its body tells.
ALTER TABLE case_body ADD COLUMN names BYTEA NOT NULL DEFAULT '';
UPDATE case_body SET names = coalesce((SELECT string_agg(w.word, ' '::bytea ORDER BY w.word)
    FROM case_word w WHERE w.case_id = case_body.case_id AND w.entity =
      (SELECT min(entity) FROM case_word WHERE case_id = case_body.case_id)), '');
ALTER TABLE case_word DROP CONSTRAINT case_word_pkey;
DROP INDEX case_word_word;
ALTER TABLE case_word ADD PRIMARY KEY (entity, word, case_id);
