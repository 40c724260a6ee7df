-- Who may act for whom, for which service, until when (0 = without end), and on what
-- ground. Derived.
CREATE TABLE mandate (
  id BIGINT PRIMARY KEY,
  principal BIGINT NOT NULL,
  agent BIGINT NOT NULL,
  service TEXT NOT NULL,
  given BIGINT NOT NULL,
  until BIGINT NOT NULL,
  basis TEXT NOT NULL
);
CREATE INDEX mandate_agent ON mandate (agent, until);
CREATE INDEX mandate_principal ON mandate (principal, until);
