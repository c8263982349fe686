"""Addresses at which people are told, at the terminal: their secrets never stand on a command line."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.assistant.conftest import messages  # noqa: F401 (a fixture)
from tests.cli.conftest import Call

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/sEcReT\n"


def test_an_address_is_read_from_standard_input_and_never_shown(call: Call, told: Callable[..., Any]) -> None:
    made = told("notify", "add", "--org", "acme", "--admins", input=SLACK)
    assert (made["kind"], made["for"]) == ("slack", "admins")
    listed = call("notify", "list", "--org", "acme")
    assert made["id"] in listed.output
    assert "sEcReT" not in listed.output + call("audit", "log", "--org", "acme", "--json").output
    call("notify", "remove", made["id"], "--org", "acme")
    assert told("notify", "list", "--org", "acme") == []


def test_what_is_no_address_is_refused_without_being_repeated(call: Call) -> None:
    result = call("notify", "add", "--org", "acme", input="sEcReT nonsense\n")
    assert result.exit_code == 1
    assert "sEcReT" not in result.output


def test_a_test_says_which_address_took_it(
    call: Call, messages: list[bytes]  # noqa: F811 (the fixture imported above)
) -> None:  # fmt: skip
    from storage.settings import settings  # noqa: PLC0415 (only here)

    address = settings().notify_urls.get_secret_value()
    call("notify", "add", "--org", "acme", input=f"{address}\n")
    call("notify", "add", "--org", "acme", input="json://127.0.0.1:9/\n")
    result = call("notify", "test", "--org", "acme", "--json")
    assert result.exit_code == 1
    assert sorted(json.loads(result.stdout).values()) == [False, True]
    assert len(messages) == 1


def test_where_nobody_is_told_anything_the_test_says_so(call: Call) -> None:
    result = call("notify", "test", "--org", "acme")
    assert result.exit_code == 1
    assert "notify add" in result.stderr
