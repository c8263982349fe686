"""`python -m web`: the review page, on CONTACTFLOW_WEB_PORT, on this machine alone."""

import logging

import uvicorn

from storage.settings import settings
from web.app import create_app
from web.context import opened


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    known = settings()
    # uvicorn's access log would contain tokens and names in URLs.
    uvicorn.run(
        create_app(opened(known)), host="127.0.0.1", port=known.web_port, access_log=False, server_header=False,
        log_config=None,
    )  # fmt: skip


if __name__ == "__main__":
    main()
