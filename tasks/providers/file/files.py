"""Contacts from a file: vCards or CSV, detected by content.

A file that cannot be read as a whole raises UnreadableFile, which says what to do next; a single card or row that
cannot be read becomes an Unreadable record. Nothing is dropped silently.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from storage.records import Person, Seen, SourceRecord, Unreadable
from tasks.providers.base import Page, ProviderError
from tasks.providers.file import csv_files, vcard
from tasks.providers.file.csv_headers import BadMapping
from tasks.providers.file.file_drafts import Draft
from tasks.providers.file.file_text import as_narrow
from tasks.rules.normalise import email_key, phone_key, says_nobody

MAX_BYTES = 100 * 1024 * 1024
READ = "read"  # a file has no cursor; this only marks the read as complete

_CARD = re.compile(rb"^[ \t]*(?:BEGIN|END)[ \t]*:[ \t]*VCARD", re.MULTILINE | re.IGNORECASE)
_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive: save it as CSV, or unpack it, first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Outlook file: save it as CSV first"),
    (b"!BDN", "an Outlook data file (.pst): export the contacts as CSV instead"),
    (b"%PDF", "a PDF: export the contacts as vCard or CSV instead"),
    (b"\x1f\x8b", "a compressed file: unpack it first"),
    (b"SQLite format 3", "a database: export the contacts as vCard or CSV instead"),
    (b"\xff\xd8\xff", "a picture: export the contacts as vCard or CSV instead"),
    (b"\x89PNG", "a picture: export the contacts as vCard or CSV instead"),
    (b"<", "a web page or XML: export the contacts as vCard or CSV instead"),
    (b"{", "JSON: export the contacts as vCard or CSV instead"),
    (b"[{", "JSON: export the contacts as vCard or CSV instead"),
    (b"dn:", "LDIF: export the contacts as vCard or CSV instead"),
)
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 65_536
_FEW_CONTROLS = 0.02
_LONGEST_ID = 200


class UnreadableFile(ProviderError):
    """The file as a whole cannot be read; the message says why and what to do next."""

    def __init__(self, message: str) -> None:
        super().__init__(message, provider="file")


def read_file(body: bytes, *, name: str = "", mapping: Mapping[str, str] | None = None) -> Iterator[SourceRecord]:
    """One record per card or row, Unreadable with a reason if it cannot be read; `name` is for messages only.

    Raises UnreadableFile.
    """
    start = as_narrow(body[:_SAMPLE])
    _refuse_other_kinds(start, name)
    if _CARD.search(as_narrow(body).replace(b"\r", b"\n").replace(b"\0", b"")):
        return _records(vcard.read(body))
    if len(_CONTROLS.findall(start)) > len(start) * _FEW_CONTROLS:
        raise UnreadableFile("The file is not text: export the contacts as vCard or CSV.")
    return _records(_rows(body, mapping or {}))


def _rows(body: bytes, mapping: Mapping[str, str]) -> Iterator[Draft]:
    try:
        return csv_files.read(body, mapping)
    except BadMapping as wrong:
        raise UnreadableFile(f"The mapping does not fit: {wrong}.") from None
    except csv_files.NoTable as wrong:
        raise UnreadableFile(
            f"No contacts can be read from this file: {wrong}. Export them as vCard or CSV with a header line, "
            "or say what the columns hold with a mapping such as Column=emails:work."
        ) from None


def _refuse_other_kinds(start: bytes, name: str) -> None:
    if not start.strip(b" \t\r\n\0"):
        raise UnreadableFile("The file is empty: export the contacts again, as vCard or CSV.")
    for mark, kind in _OTHER_KINDS:
        if start.lstrip().startswith(mark):
            raise UnreadableFile(f"{Path(name).name or 'The file'} is {kind}.")


def _records(drafts: Iterator[Draft]) -> Iterator[SourceRecord]:
    given: Counter[str] = Counter()
    for draft in drafts:
        reason = draft.reason or ("" if draft.person and not says_nobody(draft.person) else _nobody(draft))
        source_id = _unique(_id(draft), given)
        if reason or draft.person is None:
            yield Unreadable(source_id, reason)
        else:
            yield Seen(source_id, draft.person, version=draft.version, modified_at=draft.modified_at)


def _nobody(draft: Draft) -> str:
    return f"{draft.where.replace('-', ' ')} tells nobody: it has no name, address, phone or company"


def _id(draft: Draft) -> str:
    """The file's own id; else a digest of name and e-mail or phone, the same in the next export; else the place."""
    own = draft.source_id.strip()
    if own and own.isprintable() and len(own) <= _LONGEST_ID:
        return own
    if own:
        return hashlib.sha256(own.encode("utf-8", "replace")).hexdigest()[:32]
    person = draft.person
    return draft.where if draft.reason or not person or says_nobody(person) else _digest(person)


def _digest(person: Person) -> str:
    names = (person.given_name, person.middle_name, person.family_name)
    name = " ".join(filter(None, names)) or person.display_name or person.company
    email = email_key(person.emails[0].value) if person.emails else ""
    # Beside an e-mail address a phone number does not identify, and a changed one must not make a new record.
    phone = phone_key(person.phones[0].value) if person.phones and not email else ""
    told = "\n".join((" ".join(name.split()).casefold(), email, phone))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:32]


def _unique(wanted: str, given: Counter[str]) -> str:
    given[wanted] += 1
    if given[wanted] == 1:
        return wanted
    return _unique(f"{wanted}-{given[wanted]}", given)


class FileSource:
    """A file as a source of contacts. Contacts missing from it do not count as removed."""

    def __init__(self, path: Path, mapping: Mapping[str, str] | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.path = Path(path)
        self.mapping = mapping
        self.max_bytes = max_bytes

    async def pages(self, *, cursor: str = "", position: str = "") -> AsyncGenerator[Page, None]:  # noqa: ARG002 - the signature of Source; a file has neither
        """The whole file as one page."""
        yield Page(await asyncio.to_thread(self._bytes), cursor=READ)

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        return read_file(body, name=self.path.name, mapping=self.mapping)

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        return chain.from_iterable(map(self.read, bodies))

    def _bytes(self) -> bytes:
        try:
            found = self.path.stat()
            if not S_ISREG(found.st_mode) and not S_ISDIR(found.st_mode):
                raise UnreadableFile(f"{self.path.name} is no file but a device or a pipe, which may never end.")
            if (size := found.st_size) > self.max_bytes:
                raise UnreadableFile(
                    f"The file has {size:,} bytes, the limit is {self.max_bytes:,}: split it, "
                    f"or set CONTACTFLOW_FILE_LIMIT_MB to {-(-size // 2**20)} or more."
                )
            return self.path.read_bytes()
        except OSError as wrong:
            raise UnreadableFile(f"{self.path.name} cannot be read: {wrong.strerror}.") from None
        except ValueError:
            raise UnreadableFile(f"{str(self.path)!r} cannot be the name of a file.") from None
