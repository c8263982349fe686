"""Mail, whoever carries it: what left, what lies in each mailbox, what comes back, and a sink for SMTP."""
