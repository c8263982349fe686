-- Yields (field, holders, people): the value that most people share, for addresses and for numbers.
WITH held AS (
    SELECT 'emails' AS field, source_id, unnest(person->>'$.emails[*].value') AS value
    FROM latest WHERE state = 'seen'
    UNION ALL
    SELECT 'phones', source_id, unnest(person->>'$.phones[*].value')
    FROM latest WHERE state = 'seen'
),
shared AS (SELECT field, lower(value), count(DISTINCT source_id) AS holders FROM held GROUP BY ALL)
SELECT field, max(holders), (SELECT count(*) FROM latest WHERE state = 'seen')
FROM shared
GROUP BY field;
