-- Yields the empty tables of one run's staging area.
CREATE SEQUENCE arrival;
CREATE TABLE staged (
    ordinal INTEGER DEFAULT nextval('arrival'),
    state VARCHAR, source_id VARCHAR, fingerprint VARCHAR, person VARCHAR, version VARCHAR, modified_at VARCHAR,
    previous_ids VARCHAR, reason VARCHAR
);
CREATE TABLE linked_before (source_id VARCHAR, object_id VARCHAR, fingerprint VARCHAR);
CREATE TABLE doubts (source_id VARCHAR, reason VARCHAR);
CREATE TABLE matched (source_id VARCHAR, object_id VARCHAR, verdict VARCHAR, reason VARCHAR, twin_of VARCHAR);
-- The last word on every record; one that could not even be named stands for itself.
CREATE VIEW latest AS
SELECT * FROM staged
WHERE ordinal IN (
    SELECT max(ordinal) FROM staged GROUP BY source_id, CASE WHEN source_id = '' THEN ordinal END
);
