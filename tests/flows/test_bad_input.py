"""Files as nobody should write them: each ends in a plan whose numbers add up, or in one clear sentence."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.records import ChangeKind, ChangeState, Labelled, SyncStatus
from tasks.providers.base import ProviderError
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

HEADER = "First Name,Last Name,E-mail 1 - Value,Notes\n"
GOOD = "Ada,Abara,ada@firm.example,\n"


def card(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""))


GOOD_CARD = card("N:Abara;Ada;;;", "FN:Ada Abara", "EMAIL:ada@firm.example")
SURVIVED = {
    "null bytes in a csv": HEADER + GOOD + "Bo\0ris,Bra\0ndt,bo@firm.example,\0\n",
    "null bytes in a card": GOOD_CARD + card("N:Bra\0ndt;Bo;;;", "FN:Bo\0 Brandt", "EMAIL:bo@firm.example"),
    "line ends in names of a csv": HEADER + GOOD + '"Bo\r\nBcc: x@evil.example","Bra\nndt",bo@firm.example,\n',
    "line ends in names of a card": GOOD_CARD + card("N:Brandt;Bo\\nBcc: x@evil.example;;;", "FN:Bo\\r\\n Brandt"),
    "notes of 64 kB": HEADER + GOOD + f"Bo,Brandt,bo@firm.example,{'very long ' * 6554}\n",
    "notes of a megabyte": HEADER + GOOD + f"Bo,Brandt,bo@firm.example,{'very long ' * 104858}\n",
    "bidi and zero-width characters": HEADER + GOOD + "B\u202eo\u200b,\u2066Bran\ufeffdt\u2069,bo@firm.example,\n",
    "names out of nothing but those": HEADER + GOOD + "\u200b,\u202e,,\n",
    "formulas": HEADER + GOOD + '=HYPERLINK("http://evil.example"),@SUM(1),bo@firm.example,-1+1\n',
    "half surrogates": (HEADER + GOOD).encode() + b"Bo\xed\xa0\x80,Brandt,bo@firm.example,\n",
    "broken utf-8": (HEADER + GOOD).encode() + b"Bo\xff\xfe,Brandt\xc3,bo@firm.example,\n",
    "broken utf-8 in a card": (GOOD_CARD + card("N:Brandt;Bo;;;", "FN:B\udcff")).encode(errors="surrogateescape"),
    "a card that does not end": GOOD_CARD + "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bo Brandt",
    "a row with too many cells": HEADER + GOOD + "Bo,Brandt,bo@firm.example,,,,,,,x\n",
    "a quote that does not close": HEADER + GOOD + 'Bo,"Brandt,bo@firm.example,\n',
    "sql and templates": HEADER + GOOD + "Robert'); DROP TABLE objects;--,{{ 7*7 }},bo@firm.example,\n",
    "an id of ours": GOOD_CARD + card("UID:crm 1", "N:Brandt;Bo;;;", "FN:Bo Brandt"),
    "an address that is none": HEADER + GOOD + "Bo,Brandt,not an address,\n",
    "one column": "E-mail Address\nada@firm.example\nbo@firm.example\n",
    "the same id ten times": GOOD_CARD + card("UID:u", "FN:Bo Brandt") * 10,
}  # fmt: skip
REFUSED = {
    "an empty file": (b"", "The file is empty: export the contacts again"),
    "nothing but white space": (b" \r\n\t\n", "The file is empty: export the contacts again"),
    "one column that is unknown": (b"Colour\nred\nblue\n", "say what the columns hold with a mapping"),
    "a workbook": (b"PK\x03\x04" + bytes(50), "is an Excel workbook or a zip archive"),
    "noise": (bytes(range(256)) * 40, "not text|No contacts can be read|Excel|empty"),
    "nothing but null bytes": (bytes(5000), "The file is empty|not text"),
}


def written(tmp_path: Path, body: str | bytes, name: str = "contacts.csv") -> str:
    path = tmp_path / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"))
    return str(path)


@pytest.mark.parametrize("body", SURVIVED.values(), ids=SURVIVED)
def test_what_can_be_read_is_read_and_the_rest_is_set_aside_with_its_reason(
    house: House, pipeline: Pipeline, tmp_path: Path, body: str | bytes
) -> None:
    sync = pipeline.preview(file=written(tmp_path, body))
    rows = pipeline.rows(sync)
    assert sync.statistics.total == len(rows) >= 1
    assert all(row.reason for row in rows)
    done = pipeline.approve(sync)
    assert (done.status, done.statistics.total) == (SyncStatus.COMPLETED, len(rows))
    aside = pipeline.rows(done, ChangeKind.SKIP, state=ChangeState.FAILED)
    assert done.statistics.failed == len(aside)
    assert any(held.value == "ada@firm.example" for one in house.crm() for held in one.person.emails)
    for one in house.crm():
        names = (one.person.given_name, one.person.family_name, one.person.display_name, one.person.company)
        assert not any(sign in name for name in names for sign in "\0\r\n\u202e\u2066\u200b")


@pytest.mark.parametrize(("body", "told"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_as_a_whole_is_refused_in_a_sentence(
    house: House, pipeline: Pipeline, tmp_path: Path, body: bytes, told: str
) -> None:
    sync_id = pipeline.open(file="x")
    with pytest.raises(ProviderError, match=told):
        pipeline.to_review(sync_id, file=written(tmp_path, body))
    failed = pipeline.sync(sync_id)
    assert failed.status is SyncStatus.FAILED
    assert failed.error.startswith("UnreadableFile: ")
    assert house.crm() == []


def test_a_file_that_is_too_large_is_refused_by_a_limit_that_can_be_raised(
    house: House, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.settings import settings  # noqa: PLC0415 (only here)

    del house
    path = tmp_path / "large.csv"
    path.write_text(HEADER + GOOD)
    with path.open("ab") as file:
        file.truncate(200 * 2**20)  # sparse
    sync_id = pipeline.open(file=str(path))
    with pytest.raises(ProviderError, match="CONTACTFLOW_FILE_LIMIT_MB"):
        pipeline.to_review(sync_id, file=str(path))
    path.write_text(HEADER + GOOD + f"Bo,Brandt,bo@firm.example,{'x' * 2**20}\n")
    monkeypatch.setenv("CONTACTFLOW_FILE_LIMIT_MB", "1")
    settings.cache_clear()
    sync_id = pipeline.open(file=str(path))
    with pytest.raises(ProviderError, match="limit"):
        pipeline.to_review(sync_id, file=str(path))
    monkeypatch.setenv("CONTACTFLOW_FILE_LIMIT_MB", "2")
    settings.cache_clear()
    assert pipeline.preview(file=str(path)).statistics.created == 1


@pytest.mark.parametrize("name", ["missing.csv", "", "a\0b"])
def test_a_path_that_leads_nowhere_is_a_sentence(pipeline: Pipeline, tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    sync_id = pipeline.open(file=path)
    with pytest.raises(ProviderError, match="cannot be"):
        pipeline.to_review(sync_id, file=path)
    assert pipeline.sync(sync_id).status is SyncStatus.FAILED


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_may_never_end_is_not_read(pipeline: Pipeline, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "endless.csv")
    path = str(tmp_path / "endless.csv")
    with pytest.raises(ProviderError, match="a device or a pipe"):
        pipeline.preview(file=path)


def test_a_new_number_and_job_of_somebody_in_a_table_is_a_plain_update(pipeline: Pipeline, tmp_path: Path) -> None:
    table = "Name,Email,Mobile,Job Title\nAda Lovelace,ada@firm.example,{},{}\n"
    pipeline.run(file=written(tmp_path, table.format("+49 171 1234567", "Clerk")))
    sync = pipeline.preview(file=written(tmp_path, table.format("+49 171 7654321", "Director")))
    (row,) = pipeline.rows(sync)
    assert (row.kind, row.fields) == (ChangeKind.UPDATE, ("job_title", "phones"))
    assert row.proposal
    assert [cell.after for cell in row.proposal.cells] == ["Director", (Labelled("+491717654321", "mobile"),)]


def test_a_file_read_twice_has_nothing_new_to_say(pipeline: Pipeline, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + GOOD + "Bo,Brandt,bo@firm.example,\n")
    assert pipeline.run(file=file).statistics.created == 2
    assert set(pipeline.kinds(pipeline.preview(file=file))) == {"skip"}
