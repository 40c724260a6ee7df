-- A card is approved for its body before the authority publishes it.
ALTER TABLE policy_change ADD COLUMN approver BIGINT NOT NULL DEFAULT 0;
ALTER TABLE policy_change ADD COLUMN approved BIGINT NOT NULL DEFAULT 0;
