-- People. Derived from sealed events; emptied when a person is erased.
CREATE TABLE person (
  id BIGINT PRIMARY KEY,
  national_number TEXT,
  name_en TEXT NOT NULL,
  name_ar TEXT NOT NULL,
  nationality TEXT NOT NULL,
  kind TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  sex TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  language TEXT NOT NULL,
  staff BIGINT NOT NULL,
  registered BIGINT NOT NULL,
  erased BIGINT
);
CREATE UNIQUE INDEX person_number ON person (national_number);

-- Credentials are not in the journal, only that they changed.
CREATE TABLE credential (
  person BIGINT PRIMARY KEY,
  password_hash TEXT NOT NULL,
  totp BYTEA,
  totp_step BIGINT NOT NULL,
  changed BIGINT NOT NULL
);

CREATE TABLE session (
  id TEXT PRIMARY KEY,
  person BIGINT NOT NULL,
  level BIGINT NOT NULL,
  staff BIGINT NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);

CREATE TABLE one_time_code (
  session TEXT PRIMARY KEY,
  person BIGINT NOT NULL,
  code_hash TEXT NOT NULL,
  expires BIGINT NOT NULL,
  tries BIGINT NOT NULL
);

-- Failed attempts, by what was typed and by where it came from.
CREATE TABLE throttle (
  what TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  retry_at BIGINT NOT NULL,
  last BIGINT NOT NULL
);

CREATE TABLE role (
  name TEXT PRIMARY KEY,
  permissions BIGINT NOT NULL,
  name_en TEXT NOT NULL,
  name_ar TEXT NOT NULL
);

CREATE TABLE role_grant (
  person BIGINT NOT NULL,
  role TEXT NOT NULL,
  entity TEXT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (person, role, entity)
);
CREATE INDEX role_grant_entity ON role_grant (entity);

CREATE TABLE denial (
  seq BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  person BIGINT NOT NULL,
  permission TEXT NOT NULL,
  what TEXT NOT NULL,
  entity TEXT NOT NULL
);

-- Government bodies, with the names they had from a day on.
CREATE TABLE entity (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  parent TEXT NOT NULL
);
CREATE TABLE entity_name (
  entity TEXT NOT NULL,
  since BIGINT NOT NULL,
  name_en TEXT NOT NULL,
  name_ar TEXT NOT NULL,
  PRIMARY KEY (entity, since)
);
