-- Sums by indicator, day (where the country is) and service.
CREATE TABLE report_day (
  indicator TEXT NOT NULL,
  day BIGINT NOT NULL,
  service TEXT NOT NULL,
  n BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (indicator, day, service)
);

-- One row a case, for medians and shares.
CREATE TABLE report_case (
  case_id BIGINT PRIMARY KEY,
  service TEXT NOT NULL,
  submitted BIGINT NOT NULL,
  day BIGINT NOT NULL,
  micros BIGINT NOT NULL,
  rating BIGINT NOT NULL,
  rated BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX report_case_day ON report_case (day, micros);
CREATE INDEX report_case_rated ON report_case (rated, rating) WHERE rating > 0;

CREATE TABLE report_setting (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
