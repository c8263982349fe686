"""What Prometheus reads: right numbers, for those who may look, and nothing of anybody."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.testclient import TestClient

from storage import chores
from storage.scope import Scope
from storage.settings import Settings
from storage.sync import syncs
from storage.sync.syncs import Sync
from tests.web.conftest import HOST
from web.app import create_app
from web.context import AppContext
from web.metrics import TOLD
from web.rendering import environment

DASHBOARD = Path(__file__).parents[2] / "deployments" / "grafana.json"
TOKEN = "a token for the watchers"


def looking(context: AppContext, *, client: str = "127.0.0.1", **settings: object) -> TestClient:
    chosen = AppContext(context.store, context.engine, Settings.load(**settings), environment())
    return TestClient(create_app(chosen), base_url=HOST, client=(client, 50000))


def samples(text: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_all_organizations_are_counted_together(context: AppContext, scope: Scope, rival: Scope, sync: Sync) -> None:
    chores.note(context.store, chores.SWEEPING)
    response = looking(context).get("/metrics")
    found = samples(response.text)
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert found["contactflow_syncs", "preview"] == 1
    assert found["contactflow_oldest_review_seconds", "sync"] >= 0
    assert found["contactflow_chore_age_seconds", "sweeping"] < 600
    assert {name for name, *_ in found} | {"contactflow_campaigns"} == {told for told, _, _ in TOLD.values()}
    assert "# TYPE contactflow_campaigns gauge" in response.text  # there is none yet
    with context.store.read() as session:
        assert syncs.syncs(session, rival) == []  # the door for sums is no door for rows
        theirs = {sync.id, scope.organization_id, scope.user_id}
    assert not [one for one in (*theirs, "acme", "rival", "ann@", "rob@") if one in response.text.lower()]


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ünknown"])
def test_where_a_token_is_set_nobody_looks_without_it(context: AppContext, given: str) -> None:
    http = looking(context, metrics_token=SecretStr(TOKEN))
    refused = http.get("/metrics", headers={b"Authorization": given.encode("latin-1")} if given else {})
    assert (refused.status_code, "contactflow_" in refused.text) == (403, False)
    assert http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_without_one_it_is_for_this_machine_alone(context: AppContext) -> None:
    assert looking(context, client="192.0.2.7").get("/metrics").status_code == 403
    behind_a_proxy = looking(context, public_url="https://contacts.example")
    assert behind_a_proxy.get("/metrics").status_code == 403


def test_the_dashboard_asks_for_nothing_that_is_not_told() -> None:
    asked = [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]
    names = {name for one in asked for name in re.findall(r"contactflow_\w+", one)}
    assert names == {told for told, _, _ in TOLD.values()}
