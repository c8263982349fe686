"""Campaigns: their audience and mails, how these leave, and what came back."""
