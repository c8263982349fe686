-- block_size: every key that makes pairs, how many, and whether the largest are capped to keep within the budget.
CREATE OR REPLACE TEMP TABLE block_size AS
WITH sized AS (
    SELECT rule, key, count(*) AS people, count(*) FILTER (person < $incoming) AS fresh
    FROM block_key
    GROUP BY rule, key
),
paired AS (
    SELECT rule, key, people, fresh * (people - fresh) + fresh * (fresh - 1) // 2 AS pairs
    FROM sized
    WHERE people > 1 AND fresh > 0
)
SELECT
    row_number() OVER ()::INTEGER AS block, rule, key, people, pairs, sum(pairs) OVER (ORDER BY pairs) > $budget AS capped
FROM paired;
