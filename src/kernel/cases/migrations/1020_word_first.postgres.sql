-- A word's cases on one desk stand beside those on another: the words of a person who sends
-- an application to two bodies go to half as many places.
ALTER TABLE case_word DROP CONSTRAINT case_word_pkey;
ALTER TABLE case_word ADD PRIMARY KEY (word, entity, case_id);
