"""Traces reach an OpenTelemetry collector where one is set, and nothing is loaded where none is."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[2]
A_RUN = """
import flows, sys
from opentelemetry import trace
with trace.get_tracer("prefect").start_as_current_span("a step of a run"):
    print("opentelemetry.sdk.trace" in sys.modules)
"""


class Collector(BaseHTTPRequestHandler):
    heard: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def collecting() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    Collector.heard = []
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Collector.heard
        server.shutdown()


def run(tmp_path: Path, **more: str) -> str:
    own = {"PATH": os.environ["PATH"], "CONTACTFLOW_HOME": str(tmp_path), "PREFECT__FLOW_RUN_ID": "1"}
    done = subprocess.run(
        [sys.executable, "-c", A_RUN], cwd=ROOT, env=own | more, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_what_a_run_does_is_told_to_the_collector_when_its_process_ends_at_the_latest(tmp_path: Path) -> None:
    with collecting() as (url, heard):
        assert run(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url) == "True"
    assert [(path, b"a step of a run" in body) for path, body in heard] == [("/v1/traces", True)]


def test_without_a_collector_nothing_is_loaded_for_it(tmp_path: Path) -> None:
    assert run(tmp_path) == "False"
