-- Yields `classified`: every source record of this run once, beside what it was linked to before.
CREATE OR REPLACE TABLE classified AS
WITH former AS (
    SELECT unnest(string_split(previous_ids, chr(10))) AS previous_id, source_id, ordinal
    FROM latest
    WHERE previous_ids <> ''
),
renamed AS (
    SELECT former.source_id, min(linked_before.source_id) AS linked_as
    FROM former
    JOIN linked_before ON linked_before.source_id = former.previous_id
    GROUP BY former.source_id
),
placed AS (
    SELECT latest.* EXCLUDE (person, version, modified_at), coalesce(same.source_id, renamed.linked_as, '') AS linked_as
    FROM latest
    LEFT JOIN linked_before AS same USING (source_id)
    LEFT JOIN renamed USING (source_id)
    -- What was left open under a name that the record no longer has comes under its new one.
    WHERE state = 'gone' OR NOT EXISTS (
        SELECT 1 FROM former WHERE former.previous_id = latest.source_id AND former.ordinal > latest.ordinal
    )
)
SELECT placed.ordinal, placed.source_id, placed.linked_as, placed.reason,
       coalesce(before.object_id, '') AS object_id,
       CASE
           WHEN state IN ('unreadable', 'erased') THEN state
           WHEN state = 'gone' AND before.object_id IS NULL THEN 'never known'
           WHEN state = 'gone' THEN 'removed'
           WHEN before.object_id IS NULL THEN 'new'
           WHEN before.fingerprint = placed.fingerprint AND placed.linked_as = placed.source_id THEN 'unchanged'
           ELSE 'changed'
       END AS standing
FROM placed
LEFT JOIN linked_before AS before ON before.source_id = placed.linked_as
UNION ALL
-- A full read that does not bring a linked record says that it is gone.
SELECT NULL, source_id, source_id, '', object_id, 'removed'
FROM linked_before
WHERE $full AND source_id NOT IN (SELECT linked_as FROM placed);
