-- (rule, keys, people, pairs) of capped blocks, by rule; never the keys, which are personal.
SELECT rule, count(*) AS keys, sum(people)::BIGINT AS people, sum(pairs)::BIGINT AS pairs
FROM block_size
WHERE capped
GROUP BY rule
ORDER BY pairs DESC, rule;
