-- Changed answers of a returned case, until they are sent. Derived.
CREATE TABLE portal_change (
  person BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  answers TEXT NOT NULL,
  raw TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (person, case_id)
);

-- Requests to be forgotten. Derived.
CREATE TABLE portal_erasure (
  person BIGINT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('asked', 'refused', 'done')),
  asked BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX portal_erasure_asked ON portal_erasure (asked) WHERE state = 'asked';

-- References asked for without signing in, by hashed address; ten minutes' worth.
CREATE TABLE portal_track (
  address TEXT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (address, id)
);
CREATE INDEX portal_track_at ON portal_track (at);
