"""Documents that cannot rot: what the README says is what there is."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from deployments.cli import COMMANDS, main
from storage.records import ChangeKind
from storage.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = README[README.index("## Settings") : README.index("## The map")]
FAMILIES = {"microsoft": "MICROSOFT_CLIENT_ID", "google": "GOOGLE_CLIENT_ID"}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(name: str) -> None:
    family, _, rest = name.partition("_")
    if family in FAMILIES:
        row = next(line for line in SETTINGS.splitlines() if FAMILIES[family] in line)
        assert f"_{rest.upper()}`" in row
    else:
        assert f"`{name.upper()}`" in SETTINGS


@pytest.mark.parametrize("line", re.findall(r"^contactflow [a-z].*$", README, re.MULTILINE))
def test_every_command_in_the_readme_exists_with_its_options(line: str) -> None:
    words = line.partition("#")[0].split()[1:]
    with click.Context(main) as context:
        command = main.get_command(context, words[0])
        while isinstance(command, click.Group):
            command = command.get_command(context, words[1])
    assert command is not None
    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_two_commands_of_the_readme_are_in_the_makefile_and_ci_runs_the_second() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "make test"


def test_the_map_names_the_folders_there_are() -> None:
    drawn = re.findall(r"^([a-z/]+/) ", README[README.index("## The map") : README.index("## Words")], re.MULTILINE)
    assert all((ROOT / folder).is_dir() for folder in drawn)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= {folder.split("/")[0] for folder in drawn}


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_row_is_explained(kind: ChangeKind) -> None:
    assert f"\n| {kind} |" in README


def test_every_command_has_a_sentence_of_help() -> None:
    assert all(sentence.endswith(".") for _, sentence in COMMANDS.values())


def test_the_lock_holds_names_versions_and_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("--")]
        pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pinned
        assert all("==" in line and line.rstrip().endswith("\\") for line in pinned)


def test_no_file_of_the_project_is_longer_than_a_head_can_hold() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    sizes = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in listed.stdout.split()}
    ours = {name: size for name, size in sizes.items() if not name.startswith(("tests/", "storage/migrations/"))}
    assert {name: size for name, size in ours.items() if size > LONGEST} == {}


LONGEST = 320
