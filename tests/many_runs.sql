-- :organizations organizations of four users each, with :runs syncs and as many campaigns over a year between them.
INSERT INTO organizations (id, slug, name, created_at)
WITH RECURSIVE numbers (one) AS (SELECT 0 UNION ALL SELECT one + 1 FROM numbers WHERE one < :organizations - 1)
SELECT 'o' || one, 'org-' || one, 'Organization ' || one, :before(0) FROM numbers;

INSERT INTO users (id, organization_id, email, role, created_at)
WITH RECURSIVE numbers (one) AS (SELECT 0 UNION ALL SELECT one + 1 FROM numbers WHERE one < 4 * :organizations - 1)
SELECT
    'u' || (one / 4) || '-' || (one % 4), 'o' || (one / 4), 'user' || (one % 4) || '@org' || (one / 4) || '.example',
    'member', :before(0)
FROM numbers;

INSERT INTO contact_syncs (
    id, organization_id, user_id, provider, account, status, flow_run_id, "full", created, updated, skipped,
    created_at, updated_at, completed_at
)
WITH RECURSIVE numbers (run) AS (SELECT 0 UNION ALL SELECT run + 1 FROM numbers WHERE run < :runs - 1)
SELECT
    's' || run, 'o' || (run % :organizations), 'u' || (run % :organizations) || '-' || seat,
    CASE WHEN run / :organizations % 20 = 7 THEN 'google' ELSE 'microsoft' END, 'account-' || seat,
    CASE run / :organizations % 100 WHEN 1 THEN 'preview' WHEN 2 THEN 'failed' ELSE 'completed' END,
    'fs' || run, false, 3, 2, 5, :before(ago), :before(ago - 120), :before(ago - 120)
FROM (SELECT run, run / :organizations % 4 AS seat, 31536000.0 * run / :runs AS ago FROM numbers) AS runs;

INSERT INTO email_campaigns (
    id, organization_id, user_id, mailbox, flow_run_id, name, status, audience, sent, opened, total_cost,
    created_at, updated_at
)
WITH RECURSIVE numbers (run) AS (SELECT 0 UNION ALL SELECT run + 1 FROM numbers WHERE run < :runs - 1)
SELECT
    'c' || run, 'o' || (run % :organizations), 'u' || (run % :organizations) || '-' || seat, 'smtp', 'fc' || run,
    'Campaign ' || run,
    CASE run / :organizations % 100 WHEN 1 THEN 'sending' WHEN 2 THEN 'review' WHEN 3 THEN 'paused' ELSE 'completed' END,
    100, 97, 40, 0.123456789, :before(ago), :before(ago - 3600)
FROM (SELECT run, run / :organizations % 4 AS seat, 31536000.0 * run / :runs AS ago FROM numbers) AS runs;

ANALYZE
