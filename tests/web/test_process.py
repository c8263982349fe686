"""The web process by itself: light, quick to start, answering."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

HEAVY = ("prefect", "pandas", "great_expectations", "duckdb", "numpy", "msal", "openai")


def test_nothing_heavy_is_imported_for_a_page() -> None:
    asked = f"import sys, web.__main__; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_starts_and_answers(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {**os.environ, "CONTACTFLOW_HOME": str(tmp_path), "CONTACTFLOW_WEB_PORT": port}
    with subprocess.Popen([sys.executable, "-m", "web"], env=environment) as process:
        try:
            assert _answers(f"http://127.0.0.1:{port}/healthz")
        finally:
            process.terminate()
    assert process.returncode in {0, -15}


def _answers(url: str) -> bool:
    for _ in range(300):
        try:
            return httpx.get(url).text == "ok\n"
        except httpx.TransportError:
            time.sleep(0.1)
    return False
