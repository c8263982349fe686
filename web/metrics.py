"""`/metrics` in Prometheus' text format: totals over all organizations, without personal data."""

import hmac
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.responses import Response

from storage.reporting import measures
from web.visits import Refusal, Visit

TEXT = "text/plain; version=0.0.4; charset=utf-8"
# By the name in `measures`: the metric's name, its help text, and the label that its values are split by.
TOLD = {
    "syncs": ("contactflow_syncs", "Contact syncs by status", "status"),
    "campaigns": ("contactflow_campaigns", "E-mail campaigns by status", "status"),
    "connections": ("contactflow_connections", "Connected accounts by status", "status"),
    "records": ("contactflow_sync_records", "Records of all syncs by outcome", "outcome"),
    "mails": ("contactflow_mails", "Mails of all campaigns by what became of them", "outcome"),
    "cost_usd": ("contactflow_model_cost_usd", "What language models cost", ""),
    "oldest_review_seconds": ("contactflow_oldest_review_seconds", "Age of the review that waits longest", "of"),
    "longest_quiet_seconds": (
        "contactflow_longest_quiet_seconds",
        "How long the quietest run under way gave no sign: above 300, no sweeper works",
        "of",
    ),
    "chore_age_seconds": (
        "contactflow_chore_age_seconds",
        "How long ago each chore was last done: sweeping within a minute, the others every 15 or once a night",
        "chore",
    ),
    "table_rows": ("contactflow_table_rows", "Rows of each table, on Postgres as it estimates them", "table"),
}


def show(visit: Visit) -> Response:
    if not _may_look(visit):
        raise Refusal(
            403, "Not for everybody", "Send CONTACTFLOW_METRICS_TOKEN as a bearer token; without one, look on loopback."
        )
    with visit.context.store.read() as session:
        found = defaultdict(list)
        for one in measures.measures(session):
            found[one.name].append((one.split, one.value))
        found["table_rows"] = sorted(measures.table_rows(session).items())
    return Response("".join(_lines(found)), headers={"Content-Type": TEXT, "Cache-Control": "no-store"})


def _lines(found: dict[str, list[tuple[str, float]]]) -> Iterator[str]:
    for name, (told, what, split_by) in TOLD.items():
        yield f"# HELP {told} {what}\n# TYPE {told} gauge\n"
        for split, value in found[name]:
            label = f'{{{split_by}="{split}"}}' if split_by else ""
            yield f"{told}{label} {value}\n"


def _may_look(visit: Visit) -> bool:
    if token := visit.context.settings.metrics_token.get_secret_value():
        given = visit.request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # Behind a proxy every client appears to be on loopback, so that public_url must be local as well.
    here = {"127.0.0.1", "::1", "localhost"}
    client = visit.request.client
    return urlsplit(visit.context.settings.public_url).hostname in here and client is not None and client.host in here
