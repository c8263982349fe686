"""Runs of the sync: their plans, what was decided of them, and what lies ready for them."""
