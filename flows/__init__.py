"""The flows, which read like prose. A process that runs one says so to whoever collects traces."""

from tasks.providers.tracing import begin_in_run

begin_in_run()
