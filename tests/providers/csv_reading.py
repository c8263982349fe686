"""What is read of a table given as text."""

from collections.abc import Mapping

from storage.records import Person, Seen, SourceRecord
from tasks.providers.file.files import read_file


def records(text: str | bytes, mapping: Mapping[str, str] | None = None) -> list[SourceRecord]:
    return list(read_file(text if isinstance(text, bytes) else text.encode(), mapping=mapping))


def people(text: str | bytes, mapping: Mapping[str, str] | None = None) -> list[Person]:
    return [record.person for record in records(text, mapping) if isinstance(record, Seen)]


def only(text: str | bytes, mapping: Mapping[str, str] | None = None) -> Person:
    (person,) = people(text, mapping)
    return person
