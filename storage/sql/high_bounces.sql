-- The ids of an organization's recently changed campaigns with a high share of bounced mails.
SELECT c.id
FROM email_campaigns c
JOIN campaign_emails m ON m.campaign_id = c.id
WHERE c.organization_id = :organization_id
  AND m.organization_id = :organization_id
  AND c.updated_at > :since
  AND m.state IN ('sent', 'bounced', 'replied')
GROUP BY c.id
HAVING count(*) >= :enough
   AND sum(CASE WHEN m.state = 'bounced' THEN 1.0 ELSE 0.0 END) >= :share * count(*);
