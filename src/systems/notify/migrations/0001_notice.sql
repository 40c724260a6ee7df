-- Notices, by recipient. Text is emptied when the recipient is erased.
CREATE TABLE notice (
  recipient BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  entity TEXT NOT NULL,
  reference TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  inbox BIGINT NOT NULL,
  email BIGINT NOT NULL,
  email_state TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  opened BIGINT NOT NULL,
  PRIMARY KEY (recipient, id)
);
CREATE UNIQUE INDEX notice_code ON notice (code);
CREATE INDEX notice_unread ON notice (recipient) WHERE inbox = 1 AND opened = 0;
