-- (incoming position, other position): all pairs of small blocks, nearest neighbours of capped ones unless by a broad rule, each once.
WITH member AS (
    SELECT person, rule, key, capped
    FROM block_key
    JOIN block_size USING (rule, key)
),
ranked AS (
    SELECT person, rule, key, row_number() OVER (PARTITION BY rule, key ORDER BY neighbour, person) AS rank
    FROM member
    JOIN block_person USING (person)
    WHERE capped AND NOT ends_with(rule, ' alone')
)
SELECT one.person AS one, other.person AS other
FROM member AS one
JOIN member AS other USING (rule, key)
WHERE NOT one.capped AND NOT other.capped AND one.person < $incoming AND one.person < other.person
UNION
SELECT least(one.person, other.person), greatest(one.person, other.person)
FROM ranked AS one
JOIN ranked AS other
    ON one.rule = other.rule AND one.key = other.key AND other.rank BETWEEN one.rank + 1 AND one.rank + $window
WHERE least(one.person, other.person) < $incoming
ORDER BY ALL;
