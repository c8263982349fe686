"""The pages of a sync."""
