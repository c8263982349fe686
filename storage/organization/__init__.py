"""Organizations: their users, accounts, settings and schedules."""
