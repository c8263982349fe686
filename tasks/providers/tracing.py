"""OpenTelemetry traces: Prefect creates a span for each flow and task, this module sets the exporter.

Spans hold names, ids, times, states and the types of parameters, never their values. OTEL_… variables apply as usual.
"""

import os

from storage.settings import settings

RUN = "PREFECT__FLOW_RUN_ID"  # set by Prefect in the process that it starts for a run


def begin_in_run() -> None:
    """Call `begin` if Prefect started this process for a run; a fork server calls it in the child, after forking."""
    if RUN in os.environ:
        begin()


def begin() -> None:
    """Start exporting, if a collector is set. Spans still buffered are exported when the process ends."""
    if not settings().wants_traces:
        return
    from opentelemetry import trace  # noqa: PLC0415 (loaded only where tracing is on)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 (as above)
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 (as above)
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 (as above)

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
