-- How providers did lately is asked before every attempt.
CREATE INDEX pay_attempt_opened ON pay_attempt (opened);
