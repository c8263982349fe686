-- Metrics over all organizations: (name, label to split by, value); counts and sums, never rows.
SELECT 'syncs' AS name, status AS split, count(*) AS value FROM contact_syncs GROUP BY status
UNION ALL SELECT 'campaigns', status, count(*) FROM email_campaigns GROUP BY status
UNION ALL SELECT 'connections', CASE
        WHEN status = 'active' AND provider IN (SELECT provider FROM refused_applications) THEN 'paused' ELSE status
    END, count(*) FROM oauth_connections GROUP BY 2
UNION ALL SELECT 'records', 'created', sum(created) FROM contact_syncs
UNION ALL SELECT 'records', 'updated', sum(updated) FROM contact_syncs
UNION ALL SELECT 'records', 'skipped', sum(skipped) FROM contact_syncs
UNION ALL SELECT 'records', 'failed', sum(failed) FROM contact_syncs
UNION ALL SELECT 'records', 'conflicted', sum(conflicted) FROM contact_syncs
UNION ALL SELECT 'records', 'removed', sum(removed) FROM contact_syncs
UNION ALL SELECT 'mails', 'sent', sum(sent) FROM email_campaigns
UNION ALL SELECT 'mails', 'failed', sum(failed) FROM email_campaigns
UNION ALL SELECT 'mails', 'unknown', sum("unknown") FROM email_campaigns
UNION ALL SELECT 'mails', 'bounced', sum(bounced) FROM email_campaigns
UNION ALL SELECT 'mails', 'opened', sum(opened) FROM email_campaigns
UNION ALL SELECT 'mails', 'clicked', sum(clicked) FROM email_campaigns
UNION ALL SELECT 'mails', 'replied', sum(replied) FROM email_campaigns
UNION ALL SELECT 'mails', 'unsubscribed', sum(unsubscribed) FROM email_campaigns
UNION ALL SELECT 'cost_usd', '', sum(total_cost) FROM email_campaigns
UNION ALL SELECT 'oldest_review_seconds', 'sync', age(updated_at) FROM contact_syncs WHERE status = 'preview'
UNION ALL SELECT 'oldest_review_seconds', 'campaign', age(updated_at) FROM email_campaigns WHERE status = 'review'
UNION ALL SELECT 'chore_age_seconds', chores.name, age(done_at) FROM chores GROUP BY chores.name
UNION ALL SELECT 'longest_quiet_seconds', 'sync', age(updated_at) FROM contact_syncs
    WHERE status IN ('extracting', 'executing')
UNION ALL SELECT 'longest_quiet_seconds', 'campaign', age(updated_at) FROM email_campaigns
    WHERE status IN ('generating', 'sending') AND resume_at IS NULL
