"""The Prefect flows: each composes tasks, and holds no logic of its own. Importing them sets up tracing, if enabled."""

from tasks.providers.tracing import begin_in_run

begin_in_run()
