-- For which day of review the body of a card was told that it is stale.
CREATE TABLE guide_stale (
  service TEXT PRIMARY KEY,
  reviewed TEXT NOT NULL,
  at BIGINT NOT NULL
);
