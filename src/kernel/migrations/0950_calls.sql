-- How often callers with a limit called each node in the present window of time: told
-- between the nodes, derived of nothing, gone when the window is over.
CREATE TABLE caller_window (
  caller BIGINT NOT NULL,
  node BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (caller, node)
);
CREATE INDEX caller_window_ends ON caller_window (ends);
