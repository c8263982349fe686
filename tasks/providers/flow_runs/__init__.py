"""Prefect's flow runs: starting, resuming and ending them, their heartbeats, deadlines, events and forms."""
