"""No command shows or changes anything of one organization to another, whatever it is asked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Call, FakePrefect
from tests.flows.house import ANN, ROB, House

Told = Callable[..., Any]


def test_lists_of_one_organization_hold_nothing_of_the_other(
    call: Call, house: House, connection: str, completed: str, tmp_path: Path
) -> None:
    path = tmp_path / "rivals.json"
    said = [
        call(*words).output
        for words in (
            ("contacts", "--org", "rival"), ("contacts", "--org", "rival", "--search", "a", "--json"),
            ("connections", "--org", "rival", "--json"), ("syncs", "--org", "rival", "--json"),
            ("user", "list", "--org", "rival", "--json"), ("audit", "log", "--org", "rival", "--json"),
            ("export", str(path), "--org", "rival"),
        )
    ]  # fmt: skip
    said.append(path.read_text())
    theirs = [one.id for one in house.crm()] + [one.person.display_name for one in house.crm()]
    for word in (*theirs, connection, completed, ANN, "ann@gmail.example", house.scope.organization_id):
        assert not any(word in text for text in said), word


def test_nobody_reads_the_account_of_another_organization(call: Call, prefect: FakePrefect, connection: str) -> None:
    result = call("sync", "--org", "rival", "--user", ROB, "--connection", connection)
    assert result.exit_code == 1
    assert f"no connection {connection}" in result.stderr
    result = call("sync", "--org", "rival", "--user", ANN, "--connection", connection)
    assert result.exit_code == 1
    assert "is no user of 'rival'" in result.stderr
    assert prefect.started == []


def test_nobody_changes_the_contacts_of_another_organization(
    call: Call, house: House, completed: str, tmp_path: Path
) -> None:
    del completed
    before, path = house.crm(), tmp_path / "edits.json"
    path.write_text(json.dumps([{"id": before[0].id, "properties": {"notes": "mine now"}}]))
    result = call("import", str(path), "--org", "rival")
    assert result.exit_code == 1
    assert "1 ids are no contacts of this organization" in result.stderr
    assert house.crm() == before
    assert house.crm(ROB) == []


def test_a_user_of_another_organization_decides_nothing(call: Call, completed: str) -> None:
    result = call("undo", completed, "--as", ROB)
    assert result.exit_code == 1
    assert "is no user of this organization" in result.stderr
