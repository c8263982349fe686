"""Export traces to an OpenTelemetry collector, if one is configured. The spans of flows and tasks are Prefect's.

They hold names, ids, times, states and the types of parameters, never their values. The usual OTEL_… settings apply.
"""

import os

from storage.settings import settings

RUN = "PREFECT__FLOW_RUN_ID"  # set by Prefect in the process of a run


def begin_in_run() -> None:
    """Begin in a process that Prefect started for one run. The fork server's children call `begin` themselves."""
    if RUN in os.environ:
        begin()


def begin() -> None:
    """Set up the exporter; does nothing without a collector. Pending spans are flushed when the process exits."""
    if not settings().wants_traces:
        return
    from opentelemetry import trace  # noqa: PLC0415 (loaded only if traces are exported)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 (as above)
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 (as above)
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 (as above)

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
