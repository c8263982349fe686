"""The CRM's contacts: what they are linked to, who is one person with whom, and what was done."""
