"""The guides in `docs/` say what there is: every setting with its default, commands that exist, tests that exist."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import SecretStr

from deployments.cli import main
from storage.records import OrganizationSettings
from storage.settings import Settings

ROOT = Path(__file__).parent.parent
GUIDES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
OF_PROGRAM, OF_ORGANIZATION = GUIDES["settings.md"].split("## Of an organization")
ROW = re.compile(r"^\| `(\w+)`(?: \(no prefix\))? \| (?:`([^`]*)`)? ?\| (.+) \|$", re.MULTILINE)
COMMAND = re.compile(r"(?:^ {4}|`)(?:[A-Z]+=\S+ )?contactflow ([a-z][^`#\n]*)", re.MULTILINE)
COMMANDS = sorted({found.strip() for text in GUIDES.values() for found in COMMAND.findall(text)} - {"up"})
PATHS = re.compile(r"`((?:flows|tasks|storage|web|deployments|tests|docs)/[\w/.-]+)")
ROOT_GUIDES = ("README.md", "CONTRIBUTING.md")
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", GUIDES["promises.md"])


def shown(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)


def told(text: str) -> dict[str, str]:
    return {name: default for name, default, _ in ROW.findall(text)}


def test_every_setting_of_the_program_is_told_with_its_default() -> None:
    known = {
        str(field.validation_alias or name.upper()): shown(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert told(OF_PROGRAM) == known


def test_every_setting_of_an_organization_is_told_with_its_default() -> None:
    assert told(OF_ORGANIZATION) == {field.name: shown(field.default) for field in fields(OrganizationSettings)}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_guides_exists_with_its_options(line: str) -> None:
    words = line.split()
    with click.Context(main) as context:
        command = main.get_command(context, words[0])
        while isinstance(command, click.Group):
            command = command.get_command(context, words[1])
            words = words[1:]
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_commands_are_found_in_the_guides() -> None:
    assert {"keys rotate", "audit verify", "migrate"} <= set(COMMANDS)


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[name for _, name in TESTS])
def test_every_promise_has_its_test(file: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_promise_names_one() -> None:
    rows = [line for line in GUIDES["promises.md"].splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(TESTS) > 20


@pytest.mark.parametrize("name", GUIDES)
def test_what_a_guide_links_to_is_there_and_the_readme_links_to_it(name: str) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", GUIDES[name]):
        assert (ROOT / "docs" / target).exists(), target
    assert f"(docs/{name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*ROOT_GUIDES, *(f"docs/{name}" for name in GUIDES)])
def test_every_path_that_is_told_is_there(name: str) -> None:
    told = PATHS.findall((ROOT / name).read_text(encoding="utf-8"))
    assert [path for path in told if not (ROOT / path).exists()] == []


def test_every_file_of_the_map_is_there() -> None:
    """Those told without their room too, as beside one another."""
    files = re.findall(r"`([\w/]+\.py)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    rooms = ("flows", "tasks", "storage", "web", "deployments", "tests")
    there = {path.name for room in rooms for path in (ROOT / room).rglob("*.py")}
    assert len(files) > 20
    assert {Path(file).name for file in files} <= there
