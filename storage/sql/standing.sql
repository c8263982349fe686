-- Yields every record of one standing in the order it came: what it was linked to, and what its source said.
SELECT source_id, object_id, linked_as, classified.reason, person, version, modified_at, previous_ids
FROM classified
LEFT JOIN staged USING (ordinal, source_id)
WHERE standing = ?
ORDER BY ordinal, source_id;
