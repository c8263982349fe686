"""vCards in a few lines, and what is read of them."""

from storage.records import Person, Seen, SourceRecord
from tasks.providers.file.files import read_file


def card(*lines: str, version: str = "3.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def records(body: bytes) -> list[SourceRecord]:
    return list(read_file(body))


def only(body: bytes) -> Person:
    (record,) = records(body)
    assert isinstance(record, Seen), record
    return record.person


def custom(person: Person) -> dict[str, str]:
    return {item.label: item.value for item in person.custom}


def names(body: bytes) -> list[str]:
    return [record.person.display_name if isinstance(record, Seen) else "" for record in records(body)]
