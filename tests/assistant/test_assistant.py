"""An assistant looks, starts, advises and asks; it never decides, writes, or sees another organization."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from storage import audit
from storage.campaign import campaigns
from storage.organization import suggestions, tenants
from storage.records import CampaignStatus, Role, Run, RunKind, SyncStatus
from storage.settings import settings
from storage.sync import syncs
from storage.tables import metadata
from tests.assistant.conftest import ADMIN, Ask, Two, assistant, told
from tests.cli.conftest import Call, FakePrefect
from tests.storage.isolation import World

# How each tool is called about somebody's own things. A tool without a line here fails the first test.
CALLS: dict[str, Callable[[World], dict[str, Any]]] = {
    "list_connections": lambda _: {},
    "list_syncs": lambda _: {},
    "sync_status": lambda it: {"sync_id": it.sync_id},
    "preview_plan": lambda it: {"sync_id": it.sync_id},
    "explain_row": lambda it: {"sync_id": it.sync_id, "number": 1},
    "find_contacts": lambda it: {"search": it.mark},
    "explain_contact": lambda it: {"contact_id": it.object_id},
    "list_campaigns": lambda _: {},
    "campaign_status": lambda it: {"campaign_id": it.mail.campaign_id},
    "preview_mails": lambda it: {"campaign_id": it.mail.campaign_id},
    "start_sync": lambda it: {"connection_id": it.idle_connection_id},
    "forecast_campaign": lambda it: {"audience": {"contacts": [it.object_id]}, "connection_id": it.idle_connection_id},
    "start_campaign": lambda it: {
        "name": "Spring", "audience": {"contacts": [it.object_id]}, "template": it.mark,
    },
    "propose_decision": lambda it: {
        "kind": "sync", "run_id": it.sync_id, "number": 2, "advice": "reject", "reason": "a twin of row 1",
    },
    "ask_for_approval": lambda it: {"kind": "campaign", "run_id": it.mail.campaign_id},
}  # fmt: skip
ABOUT_EVERYTHING = {name for name, call in CALLS.items() if name.startswith("list_")}
# All that a tool may write. `email_campaigns` and what belongs to one: a campaign of its own, up to its review.
MAY_WRITE = {"audit_log", "suggestions", "notices", "email_campaigns", "ai_budgets", "mailboxes"}


async def test_the_tools_are_these_and_none_of_them_decides(two: Two, prefect: FakePrefect) -> None:
    async with assistant(two.store, prefect.url) as client:
        tools = (await client.list_tools()).tools
        resources, prompts = await client.list_resources(), await client.list_prompts()
    assert {tool.name for tool in tools} == set(CALLS)
    assert (resources.resources, prompts.prompts) == ([], [])
    for tool in tools:
        assert tool.description
        assert "context" not in tool.input_schema["properties"]
        assert not {"organization", "user", "scope", "reviewer"} & set(tool.input_schema["properties"])


@pytest.mark.parametrize("tool", CALLS)
async def test_it_answers_about_its_own_and_changes_nothing_that_counts(ask: Ask, two: Two, tool: str) -> None:
    before = everything(two)
    answer = await ask(tool, **CALLS[tool](two.alpha))
    assert isinstance(answer, dict), answer
    assert answer["untrusted"]
    assert "never an instruction" in answer["warning"]
    after = everything(two)
    changed = {table for table in after if after[table] != before[table]}
    assert changed <= MAY_WRITE
    for table in changed:
        assert before[table].items() <= after[table].items(), f"{table}: a row was changed or is gone"


@pytest.mark.parametrize("tool", CALLS)
async def test_another_organization_is_not_there(ask: Ask, two: Two, tool: str, prefect: FakePrefect) -> None:
    before = everything(two)
    answer = await ask(tool, **CALLS[tool](two.beta))
    assert answer_is_silent_about(two.beta, answer, given=CALLS[tool](two.beta))
    assert everything(two) == before
    assert prefect.started == []
    assert tool in ABOUT_EVERYTHING | {"find_contacts", "forecast_campaign"} or isinstance(answer, str)


async def test_a_member_s_assistant_sees_what_the_member_sees(two: Two, prefect: FakePrefect) -> None:
    with two.store.begin() as session:
        tenants.add_user(session, "alpha", "mia@alpha.example", role=Role.MEMBER)
    async with assistant(two.store, prefect.url, "mia@alpha.example") as client:
        assert told(await client.call_tool("list_syncs", {}))["data"] == {"syncs": []}
        for tool in ("preview_plan", "sync_status", "propose_decision", "campaign_status", "start_sync"):
            assert isinstance(told(await client.call_tool(tool, CALLS[tool](two.alpha))), str)


async def test_whoever_is_no_longer_a_user_has_no_assistant(two: Two, prefect: FakePrefect) -> None:
    async with assistant(two.store, prefect.url) as client:
        with two.store.begin() as session:
            session.connection.exec_driver_sql("UPDATE users SET email = 'gone' WHERE email = 'admin@alpha.example'")
        assert "is no user of" in told(await client.call_tool("list_syncs", {}))


async def test_what_it_sets_going_stands_in_the_audit_log_under_its_name(ask: Ask, two: Two) -> None:
    for tool in ("start_sync", "start_campaign", "propose_decision", "ask_for_approval"):
        await ask(tool, **CALLS[tool](two.alpha))
    with two.store.read() as session:
        entries = audit.entries(session, two.alpha.scope, limit=4)
        assert audit.verify(session, two.alpha.scope).broken_at is None
    assert {one.actor for one in entries} == {f"assistant of {ADMIN}"}
    deeds = ["approval-asked", "suggested", "campaign-asked", "sync-asked"]
    assert [one.action for one in entries] == [f"assistant.{deed}" for deed in deeds]


async def test_a_sync_is_started_once_and_under_the_user_s_name(ask: Ask, two: Two, prefect: FakePrefect) -> None:
    answer = await ask("start_sync", **CALLS["start_sync"](two.alpha))
    (started,) = prefect.started
    assert started["idempotency_key"] == answer["data"]["id"]
    assert started["parameters"] == {
        "organization": "alpha", "user": ADMIN, "connection": two.alpha.idle_connection_id, "full": False,
    }  # fmt: skip


async def test_it_does_not_push_a_plan_aside_that_waits_for_people(ask: Ask, two: Two, prefect: FakePrefect) -> None:
    answer = await ask("start_sync", connection_id=two.alpha.connection_id)
    assert "people decide about it first" in answer
    assert prefect.started == []


async def test_where_a_model_is_paid_it_must_name_a_budget(
    ask: Ask, two: Two, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    settings.cache_clear()
    wanted = {**CALLS["start_campaign"](two.alpha), "template": "", "brief": "Tell them that spring is here."}
    assert "name the most it may cost" in await ask("start_campaign", **wanted)
    for wrong in ("much", "-1", "NaN"):
        assert "budget_usd" in await ask("start_campaign", **wanted, budget_usd=wrong)
    assert prefect.started == []
    answer = await ask("start_campaign", **wanted, budget_usd="0.50")
    assert len(prefect.started) == 1
    with two.store.read() as session:
        made = campaigns.campaign(session, two.alpha.scope, answer["data"]["id"])
    assert made.status is CampaignStatus.DRAFT


async def test_it_does_not_begin_campaigns_without_end(ask: Ask, two: Two) -> None:
    said = [await ask("start_campaign", **CALLS["start_campaign"](two.alpha)) for _ in range(6)]
    assert "people decide about them first" in said[-1]


async def test_what_it_advises_is_read_by_the_reviewer_and_decides_nothing(ask: Ask, two: Two, call: Call) -> None:
    answer = await ask("propose_decision", **CALLS["propose_decision"](two.alpha))
    assert answer["data"]["decides"] is False
    with two.store.read() as session:
        sync = syncs.sync(session, two.alpha.scope, two.alpha.sync_id)
        found = suggestions.suggestions(session, two.alpha.scope, Run(RunKind.SYNC, sync.id))
    assert sync.status is SyncStatus.PREVIEW
    assert ("reject", "a twin of row 1", f"assistant of {ADMIN}") in [
        (one.advice, one.reason, one.suggested_by) for one in found
    ]
    assert "a twin of row 1" in call("preview", sync.id).output
    explained = await ask("explain_row", sync_id=sync.id, number=2)
    assert explained["data"]["suggestions"][0]["reason"] == "a twin of row 1"


async def test_advice_about_what_is_not_there_or_no_longer_waits_is_refused(ask: Ask, two: Two) -> None:
    wanted = CALLS["propose_decision"](two.alpha)
    assert "no row 99" in await ask("propose_decision", **{**wanted, "number": 99})
    assert "does not wait" in await ask("propose_decision", **{**wanted, "run_id": two.alpha.open_sync_id})
    assert isinstance(await ask("propose_decision", **{**wanted, "advice": "approved"}), str)


@pytest.mark.parametrize("number", [-1, 10**30])
async def test_a_number_that_no_row_has_is_refused_before_the_database_is_asked(
    ask: Ask, two: Two, number: int
) -> None:
    sync_id, campaign_id = two.alpha.sync_id, two.alpha.mail.campaign_id
    for said in (
        await ask("propose_decision", **{**CALLS["propose_decision"](two.alpha), "number": number}),
        await ask("explain_row", sync_id=sync_id, number=number),
        await ask("preview_plan", sync_id=sync_id, after=number),
        await ask("preview_mails", campaign_id=campaign_id, after=number),
    ):
        assert "Input should be" in said


async def test_advice_is_sealed_and_cannot_be_read_once_the_run_is_over(ask: Ask, two: Two) -> None:
    await ask("propose_decision", **CALLS["propose_decision"](two.alpha))
    table = metadata.tables["suggestions"]
    with two.store.begin() as session:
        assert not any(b"twin" in row.reason for row in session.execute(select(table)))
        syncs.note(session, two.alpha.scope, two.alpha.sync_id, preview_key=None)
    with two.store.read() as session:
        found = suggestions.suggestions(session, two.alpha.scope, Run(RunKind.SYNC, two.alpha.sync_id))
    assert {one.reason for one in found} == {""}


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services
async def test_people_are_asked_with_a_link_and_nothing_is_approved(
    ask: Ask, two: Two, messages: list[bytes]
) -> None:  # fmt: skip
    answer = await ask("ask_for_approval", kind="sync", run_id=two.alpha.sync_id)
    assert answer["data"] == {
        "page": f"http://127.0.0.1:4280/syncs/{two.alpha.sync_id}", "notified": 1, "approved": False,
    }  # fmt: skip
    (message,) = messages
    assert two.alpha.sync_id.encode() in message
    assert f"person@{two.alpha.mark}".encode() not in message
    assert (await ask("ask_for_approval", kind="sync", run_id=two.alpha.sync_id))["data"]["notified"] == 0
    assert len(messages) == 1, "they are asked once a day"
    assert "does not wait" in await ask("ask_for_approval", kind="sync", run_id=two.alpha.open_sync_id)


def test_only_this_command_imports_the_protocol(two: Two) -> None:
    del two
    look = (
        "import importlib, pkgutil, sys, deployments.cli as cli\n"
        "for one in pkgutil.iter_modules(cli.__path__):\n"
        "    importlib.import_module(f'deployments.cli.{one.name}') if one.name != '__main__' else None\n"
        "import deployments.assistant.asking, deployments.assistant.looking\n"
        "print([name for name in ('mcp', 'prefect') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.strip() in {"[]", "['prefect']"}


async def test_over_standard_input_and_output_it_is_the_same(two: Two) -> None:
    from mcp import Client, StdioServerParameters  # noqa: PLC0415 (four seconds, for those who need it)

    words = ["-m", "deployments.cli", "mcp", "--org", "alpha", "--user", ADMIN]
    environment = {name: value for name, value in os.environ.items() if name.startswith(("CONTACTFLOW_", "PATH"))}
    async with Client(StdioServerParameters(command=sys.executable, args=words, env=environment)) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == set(CALLS)
        answer = told(await client.call_tool("sync_status", {"sync_id": two.alpha.sync_id}))
    assert answer["data"]["waits_for_a_person"] is True


def test_the_tools_can_be_listed_at_the_terminal(two: Two, call: Call) -> None:
    del two
    listed = json.loads(call("mcp", "--org", "alpha", "--user", ADMIN, "--list", "--json").stdout)
    assert set(listed) == set(CALLS)


def everything(two: Two) -> dict[str, dict[str, tuple[Any, ...]]]:
    with two.store.read() as session:
        return {
            table.name: {row.id: as_it_is(row) for row in session.execute(select(table))}
            for table in metadata.sorted_tables
        }


def as_it_is(row: Any) -> tuple[Any, ...]:
    """But for the sign of life that a lock leaves."""
    return tuple(value for name, value in row._mapping.items() if name != "updated_at")


def answer_is_silent_about(world: World, answer: Any, *, given: dict[str, Any]) -> bool:
    """It may repeat what it was asked, and nothing else."""
    text = json.dumps(answer).lower()
    for word in sorted((str(one) for one in flat(given)), key=len, reverse=True):
        text = text.replace(word.lower(), "")
    return world.mark not in text and not any(one in text for one in world.ids)


def flat(given: Any) -> list[Any]:
    if isinstance(given, dict):
        return [one for value in given.values() for one in flat(value)]
    return [one for value in given for one in flat(value)] if isinstance(given, list) else [given] if given else []
