-- (one, other): all pairs of small blocks, nearest neighbours of capped ones unless by a broad rule, each once.
WITH member AS MATERIALIZED (
    SELECT person, block, capped
    FROM block_key
    JOIN block_size USING (rule, key)
    WHERE NOT (capped AND ends_with(rule, ' alone'))
),
small AS MATERIALIZED (SELECT person, block FROM member WHERE NOT capped),
-- A frame and not a join: its cost does not grow with the square of a block's size.
near AS (
    SELECT person, unnest(list(person) OVER (
        PARTITION BY block ORDER BY neighbour, person ROWS BETWEEN 1 FOLLOWING AND $window FOLLOWING
    )) AS next
    FROM member
    JOIN block_person USING (person)
    WHERE capped
)
SELECT one.person AS one, other.person AS other
FROM small AS one
JOIN small AS other ON one.block = other.block AND one.person < other.person
WHERE one.person < $incoming
UNION
SELECT least(person, next), greatest(person, next)
FROM near
WHERE least(person, next) < $incoming
ORDER BY ALL;
