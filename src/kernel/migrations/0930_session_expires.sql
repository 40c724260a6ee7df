-- Sessions that are over, when somebody signs in.
CREATE INDEX session_expires ON session (expires);
