"""What holds for each command there is: help, JSON, exit codes, and errors that are sentences."""

import shlex
import sys
from collections.abc import Iterator

import click
import pytest

from deployments.cli import main
from deployments.cli.terminal import table
from tests.cli.conftest import Call


def leaves(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found
        if isinstance(found, click.Group):
            yield from leaves(found, *path, name)
        else:
            yield (*path, name)


def found(words: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word) or click.Command(word)
    return command


EVERY = list(leaves(main))
NAMES = [" ".join(words) for words in EVERY]
UNKNOWN = {
    "preview": ["no-such"],
    "approve": ["no-such"],
    "reject": ["no-such"],
    "undo": ["no-such"],
    "contact": ["no-such"],
    "twins": ["--org", "nobody"],
    "merge": ["no-such", "--yes"],
    "unmerge": ["no-such"],
    "keep-apart": ["no-such"],
    "disconnect": ["no-such"],
    "connections": ["--org", "nobody"],
    "contacts": ["--org", "nobody"],
    "syncs": ["--org", "nobody"],
    "erase": ["a@b.example", "--org", "nobody"],
    "export-person": ["a@b.example", "--org", "nobody"],
    "export": ["out.json", "--org", "nobody"],
    "user list": ["--org", "nobody"],
    "user add": ["a@b.example", "--org", "nobody", "--role", "admin"],
    "audit log": ["--org", "nobody"],
    "audit verify": ["--org", "nobody"],
    "import": ["missing.csv", "--org", "acme"],
    "sync": ["--org", "acme", "--user", "ann@acme.example", "--file", "missing.csv"],
    "connect": ["google", "--org", "acme", "--user", "nobody@acme.example"],
    "sign-in": ["--org", "acme", "--user", "nobody@acme.example"],
    "notify add": ["--org", "nobody"],
    "notify list": ["--org", "nobody"],
    "notify remove": ["no-such", "--org", "acme"],
    "notify test": ["--org", "nobody"],
    "mcp": ["--org", "acme", "--user", "nobody@acme.example"],
    "backup": ["no-such-folder/copy.db"],
    "org add": ["!!!"],
    "org settings": ["--org", "nobody"],
    "schedule add": ["--org", "acme", "--connection", "no-such", "--every", "6h"],
    "schedule list": ["--org", "nobody"],
    "schedule change": ["no-such", "--every", "6h"],
    "schedule pause": ["no-such"],
    "schedule resume": ["no-such"],
    "schedule remove": ["no-such"],
    "campaigns": ["--org", "nobody"],
    "campaign new": ["--org", "nobody", "--user", "a@b.example", "--name", "x", "--template", "x"],
    "campaign show": ["no-such"],
    "campaign approve": ["no-such"],
    "campaign reject": ["no-such"],
    "campaign pause": ["no-such"],
    "campaign resume": ["no-such"],
    "campaign cancel": ["no-such"],
    "campaign retry-failed": ["no-such"],
    "campaign settle": ["no-such", "1", "--sent"],
    "campaign edit": ["no-such", "1"],
    "campaign rewrite": ["no-such", "1"],
    "campaign test": ["no-such", "1"],
    "template list": ["--org", "nobody"],
    "template save": ["x", "--org", "nobody", "--user", "a@b.example", "--file", "missing.txt"],
    "segment list": ["--org", "nobody"],
    "segment save": ["x", "--org", "nobody"],
    "segment remove": ["x", "--org", "nobody"],
    "suppression list": ["--org", "nobody"],
    "suppression add": ["a@b.example", "--org", "nobody"],
    "suppression lift": ["a@b.example", "--org", "nobody"],
}


@pytest.mark.parametrize("words", EVERY, ids=NAMES)
def test_it_has_help_and_json(call: Call, words: tuple[str, ...]) -> None:
    result = call(*words, "--help")
    assert result.exit_code == 0
    assert "--json" in result.output
    assert len(result.output.splitlines()) > 4


def test_a_list_of_commands_breaks_no_sentence_off(call: Call) -> None:
    groups = {words[0] for words in EVERY if len(words) > 1}
    assert [name for name in groups if "..." in call(name, "--help").output.partition("Commands:")[2]] == []


def test_every_option_says_what_it_is_for() -> None:
    silent = [
        f"{name} {option.opts[0]}"
        for words, name in zip(EVERY, NAMES, strict=True)
        for option in found(words).params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("words", [words for words in EVERY if found(words).epilog], ids=" ".join)
def test_an_example_is_understood(words: tuple[str, ...]) -> None:
    _, _, *examples = str(found(words).epilog).splitlines()
    for example in examples:
        start, *rest = shlex.split(example)
        assert (start, *rest[: len(words)]) == ("contactflow", *words)
        assert found(words).make_context(words[-1], rest[len(words) :])


@pytest.mark.parametrize("words", EVERY, ids=NAMES)
def test_an_option_that_there_is_not_is_a_mistake_of_usage(call: Call, words: tuple[str, ...]) -> None:
    assert call(*words, "--no-such-option").exit_code == 2


@pytest.mark.parametrize("width", [200, 80, 60])
def test_an_id_is_never_broken_however_narrow_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    one = "01a2144e-eb04-76c7-88b9-e76e62406828"
    table("", ["id", "started", "name", "numbers"], [(one, "2026-11-25 20:04", "x" * 60, "sent 12, " * 20)], empty="")
    assert one in capsys.readouterr().out


@pytest.mark.parametrize(("command", "words"), UNKNOWN.items(), ids=UNKNOWN)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_not_there_is_a_sentence_and_exit_code_one(
    call: Call, command: str, words: list[str], as_json: bool  # noqa: FBT001 (a table)
) -> None:  # fmt: skip
    result = call(*command.split(), *words, *(["--json"] if as_json else []))
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1


LISTS = ("contacts", "twins", "syncs", "preview", "campaigns", "campaign show", "suppression list", "audit log")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", ["-1", "9" * 30, "many"])
def test_a_limit_that_is_none_is_a_mistake_of_usage(call: Call, name: str, limit: str) -> None:
    assert call(*name.split(), *UNKNOWN[name], "--limit", limit).exit_code == 2


def test_every_command_that_can_be_asked_for_something_unknown_was_asked() -> None:
    without_any = {"demo", "up", "deploy", "doctor", "migrate", "work", "org list", "keys rotate"}
    assert set(NAMES) == set(UNKNOWN) | without_any


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-command",),
        ("sync", "--org", "acme", "--user", "ann@acme.example"),
        ("sync", "--org", "acme", "--user", "ann@acme.example", "--file", "a", "--connection", "b"),
        ("approve", "x", "--only", "everything"),
        ("user", "add", "a@b.example", "--org", "acme", "--role", "king"),
        ("connect", "yahoo", "--org", "acme", "--user", "ann@acme.example"),
        ("contacts", "--org", "acme", "--limit", "many"),
        ("contacts", "--org", "acme", "--limit", "-1"),
        ("contacts", "--org", "acme", "--search", "\udcff"),
        ("preview", "\udcff"),
        ("approve", "x", "--reject", "1", "--reject", "\udcff"),
    ],
)
def test_a_mistake_of_usage_is_exit_code_two(call: Call, words: tuple[str, ...]) -> None:
    assert call(*words).exit_code == 2


def test_a_setting_that_is_misspelt_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.settings import settings  # noqa: PLC0415 (only here)

    monkeypatch.setenv("CONTACTFLOW_PREFECT_PROT", "1")
    settings.cache_clear()
    result = call("org", "list")
    assert result.exit_code == 1
    assert "CONTACTFLOW_PREFECT_PROT is not a setting" in result.stderr
