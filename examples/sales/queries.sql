-- Questions to the sales pipeline, for Athena (database sales-data-projection-db, table sales: the name of the
-- folder that the crawler found). Each row is one change of an order: event_name is INSERT, MODIFY or REMOVE.

-- What came last.
SELECT orderid, product_name, quantity, price, event_name, creation_datetime
FROM sales
ORDER BY creation_datetime DESC
LIMIT 20;

-- How many changes of each kind.
SELECT event_name, count(*) AS changes, count(DISTINCT orderid) AS orders
FROM sales
GROUP BY event_name
ORDER BY event_name;

-- Turnover per product, of orders as they were placed.
SELECT product_name, sum(quantity) AS pieces, round(sum(quantity * price), 2) AS turnover
FROM sales
WHERE event_name = 'INSERT'
GROUP BY product_name
ORDER BY turnover DESC;

-- The table as it is now: the newest change of each order, without the deleted ones. creation_datetime has whole
-- seconds, as the stream tells them: which of two changes of one order within a second is newer cannot be seen here.
SELECT orderid, product_name, quantity, price
FROM (
  SELECT orderid, product_name, quantity, price, event_name,
         row_number() OVER (PARTITION BY orderid ORDER BY creation_datetime DESC) AS newest
  FROM sales
)
WHERE newest = 1 AND event_name <> 'REMOVE'
ORDER BY orderid;

-- The last ten minutes. creation_datetime is text (ISO 8601), so it is parsed before it is compared with a time.
SELECT count(*) AS changes
FROM sales
WHERE from_iso8601_timestamp(creation_datetime) >= now() - interval '10' minute;

-- Changes per minute.
SELECT date_trunc('minute', from_iso8601_timestamp(creation_datetime)) AS minute, count(*) AS changes
FROM sales
GROUP BY 1
ORDER BY 1;

-- Nothing twice: no eventID occurs more than once, so this has no rows.
SELECT event_id, count(*) AS times
FROM sales
GROUP BY event_id
HAVING count(*) > 1;
