-- The unique key (order_id, entity) finds an order's receipts as well.
DROP INDEX pay_receipt_order;
