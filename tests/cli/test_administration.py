"""Tenants, keys, the audit log, and the doctor who says how to mend what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.organization import connections, tenants
from storage.records import ConnectionStatus
from storage.settings import settings
from tests.cli.conftest import Call, FakePrefect
from tests.flows.house import ANN, SECRET, House

Told = Callable[..., Any]


def findings(call: Call) -> dict[str, dict[str, Any]]:
    return {one["what"]: one for one in json.loads(call("doctor", "--json").stdout)}


def test_an_organization_and_its_users_are_added_once(told: Told, call: Call) -> None:
    assert told("org", "add", "Smith & Söhne")["slug"] == "smith-sohne"
    assert "there is an organization 'smith-sohne' already" in call("org", "add", "Smith & Söhne").stderr
    assert told("user", "add", "Eve@X.example", "--org", "smith-sohne", "--role", "member")["email"] == "eve@x.example"
    again = call("user", "add", "EVE@x.example", "--org", "smith-sohne", "--role", "admin")
    assert (again.exit_code, "already" in again.stderr) == (1, True)
    assert {one["slug"] for one in told("org", "list")} == {"acme", "rival", "smith-sohne"}


def test_a_chain_that_is_whole_verifies_and_one_that_was_touched_does_not(
    told: Told, call: Call, house: House, completed: str
) -> None:
    del completed
    verified = told("audit", "verify")
    assert verified["acme"]["broken_at"] is None
    assert verified["acme"]["entries"] > 5
    house.sql("DROP TRIGGER IF EXISTS audit_log_update")
    for (name,) in house.sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"):
        house.sql(f"DROP TRIGGER {name}")
    house.sql("UPDATE audit_log SET actor = 'mallory' WHERE sequence = 3 AND actor <> 'contactflow'")
    result = call("audit", "verify")
    assert (result.exit_code, "BROKEN at entry 3" in result.stdout) == (1, True)
    assert result.stderr == "error: the audit log was tampered with\n"
    assert call("audit", "verify", "--org", "rival").exit_code == 0


def test_the_audit_log_cannot_be_changed_by_chance(house: House) -> None:
    for statement in ("UPDATE audit_log SET actor = 'mallory'", "DELETE FROM audit_log"):
        with pytest.raises(Exception, match="append"):
            house.sql(statement)


def test_keys_rotate_and_afterwards_the_old_one_may_go(
    told: Told, call: Call, house: House, connection: str, completed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del completed
    new = "a newer secret of the tests"
    for keys in (f"{new},{SECRET}", new):
        monkeypatch.setenv("CONTACTFLOW_SECRET_KEYS", keys)
        settings.cache_clear()
        if "," in keys:
            assert told("keys", "rotate")["sealed_anew"] > 0
    assert findings(call)["sealed values of acme"]["fine"]
    with house.store.read() as session, pytest.raises(Exception, match="key"):
        connections.tokens(session, house.scope, connection)  # the store of this test knows only the old one


def test_the_doctor_finds_nothing_wrong_where_nothing_is(call: Call, prefect: FakePrefect, connection: str) -> None:
    del prefect, connection
    result = call("doctor")
    assert (result.exit_code, "NOT OK" in result.stdout) == (0, False)


def test_the_doctor_says_how_to_mend(
    call: Call, house: House, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.store.begin() as session:
        connections.mark(session, house.scope, connection, ConnectionStatus.NEEDS_RECONNECT, "consent was withdrawn")
    monkeypatch.setenv("CONTACTFLOW_SECRET_KEYS", "a secret that never sealed anything")
    settings.cache_clear()
    found = findings(call)
    wrong = {name: one["mend"] for name, one in found.items() if not one["fine"]}
    assert set(wrong) == {"Prefect", "google account ann@gmail.example", "sealed values of acme"}
    assert wrong["Prefect"] == "make up"
    assert wrong["google account ann@gmail.example"].startswith("contactflow connect google --org acme")
    assert "CONTACTFLOW_SECRET_KEYS" in wrong["sealed values of acme"]
    assert call("doctor").exit_code == 1


@pytest.mark.parametrize("words", [(), ("--production",)])
def test_the_doctor_ends_with_a_setting_that_nothing_can_be_read_with(
    call: Call, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACTFLOW_WEB_PORT", "eighty")
    settings.cache_clear()
    result = call("doctor", *words, "--json")
    (found,) = json.loads(result.stdout)
    assert (found["what"], found["fine"], "CONTACTFLOW_WEB_PORT" in found["told"]) == ("settings", False, True)
    assert (result.exit_code, result.stderr) == (1, "error: something wants mending\n")


def test_of_many_organizations_the_doctor_tells_what_is_wrong(
    call: Call, prefect: FakePrefect, house: House, connection: str
) -> None:
    del prefect
    with house.store.begin() as session:
        for number in range(21):
            tenants.add_organization(session, f"team {number}")
    found = findings(call)
    (summary,) = [name for name in found if name.endswith(" organizations")]
    assert found[summary]["fine"]
    assert "audit log of team-3" not in found
    with house.store.begin() as session:
        connections.mark(session, house.scope, connection, ConnectionStatus.NEEDS_RECONNECT, "consent was withdrawn")
    found = findings(call)
    assert not found[summary]["fine"]
    assert found["google account ann@gmail.example"]["mend"].startswith("contactflow connect google --org acme")


def test_a_connection_is_shown_with_its_health_in_plain_words(
    call: Call, told: Told, house: House, connection: str
) -> None:
    assert told("connections", "--org", "acme")[0]["health"] == "fine"
    with house.store.begin() as session:
        connections.mark(session, house.scope, connection, ConnectionStatus.NEEDS_RECONNECT, "consent was withdrawn")
    assert "reconnect" in call("connections", "--org", "acme").output
    assert told("connections", "--org", "acme")[0]["health"].startswith("consent was withdrawn (noticed on ")


def test_a_command_at_an_older_database_says_to_migrate(call: Call, house: House) -> None:
    house.sql("UPDATE alembic_version SET version_num = '0000'")
    result = call("contacts", "--org", "acme")
    assert result.exit_code == 1
    assert "run `contactflow migrate`" in result.stderr
    assert ANN not in result.output


def test_an_organization_sets_what_holds_for_it(call: Call) -> None:
    call("org", "add", "Acme")
    changed = call("org", "settings", "--org", "acme", "tracking=true", "postal_address=1 Main Street", "--json")
    assert json.loads(changed.stdout)["postal_address"] == "1 Main Street"
    assert "1 Main Street" in call("org", "settings", "--org", "acme").stdout
    refused = call("org", "settings", "--org", "acme", "send_window=9-5")
    assert (refused.exit_code, "08:00-18:00" in refused.stderr) == (1, True)


@pytest.mark.parametrize("given", ["nonsense", "", "a@b", "a b@c.example", "a@b.example\nBcc: x@y.example"])
def test_a_user_without_an_address_is_refused(call: Call, given: str) -> None:
    result = call("user", "add", given, "--org", "acme", "--role", "admin")
    assert (result.exit_code, "is no e-mail address" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/x.db", "sqlite:///{rubbish}", "postgresql+psycopg://u:secret-word@127.0.0.1:9/x"],
    ids=["no folder", "rubbish", "no server"],
)
def test_a_database_that_cannot_be_used_is_a_sentence(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    (tmp_path / "rubbish").write_text("no database" * 100)
    monkeypatch.setenv("CONTACTFLOW_DATABASE_URL", url.format(rubbish=tmp_path / "rubbish"))
    settings.cache_clear()
    result = call("contacts", "--org", "acme")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the database cannot be used: ")
    assert len(result.stderr.splitlines()) == 1
    assert "secret-word" not in result.stderr
