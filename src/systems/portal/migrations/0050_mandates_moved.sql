-- Mandates are the kernel's now: every room asks whether one still stands.
INSERT INTO mandate (id, principal, agent, service, given, until, basis)
  SELECT id, principal, agent, service, given, until, 'given' FROM portal_mandate;
DROP TABLE portal_mandate;
