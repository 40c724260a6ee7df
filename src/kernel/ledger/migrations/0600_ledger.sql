-- Books: an entity's accounts in one currency.
CREATE TABLE ledger_book (
  id BIGINT PRIMARY KEY,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  UNIQUE (entity, currency)
);

-- limited: 0 no limit, 1 credits never exceed debits, 2 debits never exceed credits.
CREATE TABLE ledger_account (
  id BIGINT PRIMARY KEY,
  book BIGINT NOT NULL REFERENCES ledger_book (id),
  purpose TEXT NOT NULL,
  limited BIGINT NOT NULL CHECK (limited IN (0, 1, 2)),
  debits BIGINT NOT NULL CHECK (debits >= 0),
  credits BIGINT NOT NULL CHECK (credits >= 0),
  debits_pending BIGINT NOT NULL CHECK (debits_pending >= 0),
  credits_pending BIGINT NOT NULL CHECK (credits_pending >= 0),
  opened_seq BIGINT NOT NULL,
  UNIQUE (book, purpose),
  UNIQUE (id, book),
  CHECK (limited <> 1 OR credits + credits_pending <= debits),
  CHECK (limited <> 2 OR debits + debits_pending <= credits)
);

-- Both sides are of one book: the two foreign keys say so.
CREATE TABLE ledger_transfer (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  book BIGINT NOT NULL,
  debit BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  posted BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
  reference TEXT NOT NULL,
  expires BIGINT NOT NULL,
  made_seq BIGINT NOT NULL,
  done_seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  CHECK (debit <> credit),
  CHECK (posted >= 0 AND posted <= amount),
  CHECK ((state = 'posted') = (posted > 0)),
  CHECK ((state = 'pending') = (done_seq = 0)),
  FOREIGN KEY (debit, book) REFERENCES ledger_account (id, book),
  FOREIGN KEY (credit, book) REFERENCES ledger_account (id, book)
);
CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit, done_seq);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit, done_seq);
