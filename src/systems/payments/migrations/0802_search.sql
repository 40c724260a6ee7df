-- One payment, whole: its postings are found by its reference.
CREATE INDEX ledger_transfer_reference ON ledger_transfer (reference);
CREATE INDEX pay_receipt_order ON pay_receipt (order_id);
