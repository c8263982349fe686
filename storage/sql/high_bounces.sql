-- Yields the id of each campaign of an organization of which too many mails bounced of late.
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
