-- Only the embedded database stores these tables in another way.
SELECT 1;
