-- Keys that begin with the case serve also to find its rows, which spares an index.
ALTER TABLE case_desk DROP CONSTRAINT case_desk_pkey;
ALTER TABLE case_desk ADD PRIMARY KEY (case_id, entity);
DROP INDEX case_desk_case;

ALTER TABLE case_word DROP CONSTRAINT case_word_pkey;
ALTER TABLE case_word ADD PRIMARY KEY (case_id, entity, word);
DROP INDEX case_word_case;
CREATE INDEX case_word_word ON case_word (entity, word, case_id);

ALTER TABLE case_task DROP CONSTRAINT case_task_pkey;
DROP INDEX case_task_id;
ALTER TABLE case_task ADD PRIMARY KEY (id);
