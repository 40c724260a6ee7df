-- Changes of rules and processes, from the first text to their publication. Texts are
-- kept by their hash in pack_blob.
CREATE TABLE policy_change (
  id BIGINT PRIMARY KEY,
  service TEXT NOT NULL,
  entity TEXT NOT NULL,
  model TEXT NOT NULL,
  base BIGINT NOT NULL,
  text TEXT NOT NULL,
  tests TEXT NOT NULL,
  state TEXT NOT NULL,
  author BIGINT NOT NULL,
  made BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  from_day TEXT NOT NULL,
  reason TEXT NOT NULL,
  decider BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  answer TEXT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX policy_change_model ON policy_change (service, model, changed);
CREATE INDEX policy_change_state ON policy_change (state, changed);

-- Who wrote or proposed which: none of them may publish it.
CREATE TABLE policy_hand (
  change_id BIGINT NOT NULL,
  person BIGINT NOT NULL,
  PRIMARY KEY (change_id, person)
);
