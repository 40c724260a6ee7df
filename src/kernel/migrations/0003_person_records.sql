-- What registers hold of a person, as JSON: prefill, and "once only".
ALTER TABLE person ADD COLUMN records TEXT NOT NULL DEFAULT '';
