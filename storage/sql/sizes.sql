-- Yields (source id, bytes, addresses, numbers) of each record that could be read.
SELECT source_id, strlen(record),
       json_array_length(record, '$.person.emails'), json_array_length(record, '$.person.phones')
FROM latest
WHERE state = 'seen';
