-- Only the embedded database stores this table in another way.
SELECT 1;
