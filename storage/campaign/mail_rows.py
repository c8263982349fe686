"""How a mail stands in its row, and what of it is sealed."""

import hashlib
from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy import Row

from storage.crypto import Key, bound_to
from storage.records import Draft, Mail, MailState
from storage.scope import Scope
from storage.tables import campaign_emails as table

MADE = {"draft", "state", "checks"}
PLAIN = [field.name for field in fields(Mail) if field.name not in MADE]

_draft = msgspec.json.Decoder(Draft)


def mail_of(scope: Scope, row: Row[Any], key: Key | None) -> Mail:
    """Without a key, without what is personal."""
    return Mail(
        state=MailState(row.state),
        checks=tuple(row.checks),
        draft=_draft.decode(key.open(row.draft, place(scope, row.id, "draft"))) if key and row.draft else None,
        **{name: getattr(row, name) for name in PLAIN},
    )


def content_hash(content: bytes) -> str:
    """What an approval pins of the final bytes."""
    return hashlib.sha256(content).hexdigest()


def place(scope: Scope, mail_id: str, column: str) -> str:
    return bound_to(scope.organization_id, table.name, mail_id, column)
