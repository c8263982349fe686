"""Traces for who has an OpenTelemetry collector: Prefect tells of each flow and task, we say where that goes.

Told are names, ids, times, states and the types of parameters, never their values. OTEL_… settings hold as everywhere.
"""

import os

from storage.settings import settings

RUN = "PREFECT__FLOW_RUN_ID"  # what Prefect tells the process that it starts for a run


def begin_in_run() -> None:
    """In a process that Prefect started for one run; whoever forks first begins afterwards."""
    if RUN in os.environ:
        begin()


def begin() -> None:
    """Nothing where no collector is set. What is not yet told is told when the process ends."""
    if not settings().wants_traces:
        return
    from opentelemetry import trace  # noqa: PLC0415 (only who traces loads it)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 (as above)
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 (as above)
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 (as above)

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
