-- :organizations organizations of four users each, with :runs syncs and as many campaigns over a year between them.
SET LOCAL session_replication_role = replica;  -- what fits by construction need not be looked up

INSERT INTO organizations (id, slug, name, created_at)
SELECT format('o%s', one), format('org-%s', one), format('Organization %s', one), now()
FROM generate_series(0, :organizations - 1) AS one;

INSERT INTO users (id, organization_id, email, role, created_at)
SELECT format('u%s-%s', one, seat), format('o%s', one), format('user%s@org%s.example', seat, one), 'member', now()
FROM generate_series(0, :organizations - 1) AS one, generate_series(0, 3) AS seat;

INSERT INTO contact_syncs (
    id, organization_id, user_id, provider, account, status, flow_run_id, "full", created, updated, skipped,
    created_at, updated_at, completed_at
)
SELECT
    format('s%s', run), format('o%s', run % :organizations), format('u%s-%s', run % :organizations, seat),
    CASE WHEN run / :organizations % 20 = 7 THEN 'google' ELSE 'microsoft' END, format('account-%s', seat),
    CASE run / :organizations % 100 WHEN 1 THEN 'preview' WHEN 2 THEN 'failed' ELSE 'completed' END,
    format('fs%s', run), false, 3, 2, 5, begun, begun + interval '2 minutes', begun + interval '2 minutes'
FROM generate_series(0, :runs - 1) AS run,
    LATERAL (SELECT run / :organizations % 4 AS seat, now() - interval '1 year' * run / :runs AS begun) AS place;

INSERT INTO email_campaigns (
    id, organization_id, user_id, mailbox, flow_run_id, name, status, audience, sent, opened, total_cost,
    created_at, updated_at
)
SELECT
    format('c%s', run), format('o%s', run % :organizations), format('u%s-%s', run % :organizations, seat), 'smtp',
    format('fc%s', run), format('Campaign %s', run),
    CASE run / :organizations % 100 WHEN 1 THEN 'sending' WHEN 2 THEN 'review' WHEN 3 THEN 'paused' ELSE 'completed' END,
    100, 97, 40, 0.123456789, begun, begun + interval '1 hour'
FROM generate_series(0, :runs - 1) AS run,
    LATERAL (SELECT run / :organizations % 4 AS seat, now() - interval '1 year' * run / :runs AS begun) AS place;

ANALYZE organizations, users, contact_syncs, email_campaigns;
