"""`python -m deployments.simulators`: both simulators as a process of their own, until it is told to stop."""

import argparse
import gc
import json
import signal
import sys
import threading
from pathlib import Path

from deployments.simulators.server import serve


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deployments.simulators", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="for http; 0 takes a free one")
    parser.add_argument("--https-port", type=int, default=0, help="for https; 0 takes a free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="for SMTP; 0 takes a free one")
    parser.add_argument("--contacts", type=int, default=1000, help="in each provider's mailbox")
    parser.add_argument("--seed", type=int, default=1, help="of the invented people")
    parser.add_argument("--latency-ms", type=float, default=0, help="added to each answer of the APIs")
    parser.add_argument("--state-dir", type=Path, help="keep what happens here, and go on from it at the next start")
    return parser.parse_args()


def main() -> None:
    wanted, stop = arguments(), threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    gc.disable()  # start-up allocates up to 100,000 contacts, none of them garbage: collections would only cost time
    with serve(**vars(wanted)) as simulators:
        gc.freeze()
        gc.enable()
        sys.stdout.write(json.dumps(simulators.announcement()) + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
