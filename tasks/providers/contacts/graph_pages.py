"""A stored page of a Microsoft Graph delta: the response for one folder, and its records."""

from collections.abc import Iterator

import msgspec

from storage.records import Gone, SourceRecord
from tasks.providers.contacts.graph_contact import Contact, record
from tasks.providers.contacts.landed import decoder, each


class Answer(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
    delta_link: str | None = msgspec.field(name="@odata.deltaLink", default=None)


class Named(msgspec.Struct):
    """The part of a contact that tells whether it is present: a folder it has left reports it with `removed`."""

    id: str = ""
    removed: object = msgspec.field(name="@removed", default=None)
    folder: str = msgspec.field(name="parentFolderId", default="")


class Landed(msgspec.Struct):
    folder: str
    answer: Answer
    moved: list[str] = []


read_answer = decoder(Answer)
read_named = decoder(Named)
read_landed = decoder(Landed)
_read_contact = decoder(Contact)


def removed(answer: Answer) -> list[str]:
    named = (_named(item) for item in answer.value)
    return [one.id for one in named if one.id and one.removed is not None]


def _named(item: msgspec.Raw) -> Named:
    try:
        return read_named(item)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Named()  # reported as unreadable when the page is parsed


def records(page: Landed) -> Iterator[SourceRecord]:
    every = each(page.answer.value, _read_contact, record)
    if not page.moved:
        return every
    return (one for one in every if not (isinstance(one, Gone) and one.source_id in page.moved))
