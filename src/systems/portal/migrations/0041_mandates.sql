-- Who may act for whom, for which service, until when. Derived.
CREATE TABLE portal_mandate (
  id BIGINT PRIMARY KEY,
  principal BIGINT NOT NULL,
  agent BIGINT NOT NULL,
  service TEXT NOT NULL,
  given BIGINT NOT NULL,
  until BIGINT NOT NULL
);
CREATE INDEX portal_mandate_agent ON portal_mandate (agent, until);
CREATE INDEX portal_mandate_principal ON portal_mandate (principal, until);
