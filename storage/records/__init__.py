"""The vocabulary: values and states that every room of the house shares.

Frozen, comparable, and free of behaviour that needs a clock or a connection. Database rows never leave
`storage/`; these do.
"""

from storage.records.house import (
    ConnectionStatus,
    Provider,
    Role,
)
from storage.records.people import (
    Contact,
    Gone,
    Labelled,
    Person,
    PostalAddress,
    Seen,
    SourceLink,
    SourceRecord,
    StoredLink,
    Unreadable,
)
from storage.records.syncs import (
    Cell,
    Change,
    ChangeKind,
    ChangeState,
    Edits,
    Match,
    Proposal,
    Statistics,
    SyncStatus,
    Undo,
    Verdict,
)

__all__ = [
    "Cell",
    "Change",
    "ChangeKind",
    "ChangeState",
    "ConnectionStatus",
    "Contact",
    "Edits",
    "Gone",
    "Labelled",
    "Match",
    "Person",
    "PostalAddress",
    "Proposal",
    "Provider",
    "Role",
    "Seen",
    "SourceLink",
    "SourceRecord",
    "Statistics",
    "StoredLink",
    "SyncStatus",
    "Undo",
    "Unreadable",
    "Verdict",
]
