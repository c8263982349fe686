"""A webhook on loopback, which is told things."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sink:
    """A webhook; it refuses as often as it is told to."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.refusals = 0
        self.url = ""

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.got]

    def answer(self, body: bytes) -> int:
        if self.refusals:
            self.refusals -= 1
            return 503
        self.got.append(json.loads(body))
        return 200


@contextmanager
def listening() -> Iterator[Sink]:
    made = Sink()

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(made.answer(self.rfile.read(int(self.headers["Content-Length"]))))
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made.url = f"json://127.0.0.1:{server.server_port}/"
        yield made
        server.shutdown()
