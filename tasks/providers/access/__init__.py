"""Who may read an account, and in whose name: signing in, and the tokens that come of it."""
