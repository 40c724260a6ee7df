-- Cards that a person keeps at hand. Derived.
CREATE TABLE guide_star (
  person BIGINT NOT NULL,
  service TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (person, service)
);
