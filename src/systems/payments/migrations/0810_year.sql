-- What is asked with every attempt and at every day's end, by indices that grow at
-- their end: a year of payments is then as quick on its last day as on its first.
DROP INDEX pay_attempt_provider;
CREATE INDEX pay_attempt_ended ON pay_attempt (provider, ended) WHERE state = 'captured';
CREATE INDEX pay_attempt_lost ON pay_attempt (provider, opened) WHERE state = 'unknown';
CREATE INDEX pay_receipt_at ON pay_receipt (entity, at);
