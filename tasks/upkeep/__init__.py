"""Maintenance tasks over all organizations, called by the housekeeping flow."""
