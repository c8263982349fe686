"""Access to accounts: signing in with OAuth, permissions, and tokens."""
