-- Yields (source id, bytes, addresses, numbers) of each record that could be read.
SELECT source_id, strlen(person),
       coalesce(json_array_length(person, '$.emails'), 0), coalesce(json_array_length(person, '$.phones'), 0)
FROM latest
WHERE state = 'seen';
