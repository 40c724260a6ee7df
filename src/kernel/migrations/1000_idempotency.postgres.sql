-- By key before scope: who makes keys one after the other, as forms and most programs do,
-- has them beside each other, and a commit changes few pages instead of one for each.
ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey;
ALTER TABLE idempotency ADD PRIMARY KEY (key, scope);
