"""Prefect, as far as it starts, wakes and ends runs, and how a run stands to the clock."""
