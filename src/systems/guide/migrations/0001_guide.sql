-- Sums of the ratings of cases, by service.
CREATE TABLE guide_rating (
  service TEXT PRIMARY KEY,
  n BIGINT NOT NULL,
  total BIGINT NOT NULL
);

-- What readers said of cards; an open note is a task for the body's editors.
CREATE TABLE guide_feedback (
  id BIGINT PRIMARY KEY,
  service TEXT NOT NULL,
  entity TEXT NOT NULL,
  helped BIGINT NOT NULL,
  note TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'closed'))
);
CREATE INDEX guide_feedback_service ON guide_feedback (service);
CREATE INDEX guide_feedback_state ON guide_feedback (state, at);
