"""People, connections, runs and plans that the tests of storage speak of."""

from collections.abc import Sequence

from storage.crypto import Key
from storage.documents import new_id
from storage.organization import connections
from storage.organization.connections import ConnectionInfo, StoredTokens
from storage.people import contacts
from storage.records import (
    Cell,
    Change,
    ChangeKind,
    ChangeState,
    Contact,
    Labelled,
    Person,
    PostalAddress,
    Proposal,
    Provider,
    SourceLink,
    SyncStatus,
)
from storage.scope import Scope
from storage.session import Session
from storage.sync import opening, plans, syncs
from storage.sync.opening import NewSync
from storage.sync.syncs import Sync

ADA = Person(
    given_name="Ada",
    family_name="Lovelace",
    display_name="Ada Lovelace",
    company="Analytical Engines",
    emails=(Labelled("ada@engines.example", "work"),),
)
BOB = Person(given_name="Bob", display_name="Bob Boole", emails=(Labelled("bob@logic.example", "home"),))
WHOLE = Person(
    prefix="Dr", given_name="Ada", middle_name="K", family_name="Lovelace", suffix="Jr", nickname="A",
    display_name="Ada Lovelace \N{SNOWMAN}", company="Engines", department="Sums", job_title="Countess",
    birthday="--12-10", notes="two\nlines", emails=(Labelled("ada@engines.example", "work"), Labelled("a@b.example")),
    phones=(Labelled("+49301"),), addresses=(PostalAddress("A 1", "Berlin", "", "10115", "DE", "home"),),
    urls=(Labelled("https://ada.example"),), tags=("friend", "vip"), custom=(Labelled("tea", "drinks"),),
)  # fmt: skip


def contact(person: Person = ADA, *, version: int = 1) -> Contact:
    return Contact(new_id(), version, person, {})


def kept(session: Session, scope: Scope, person: Person = ADA) -> Contact:
    new = contact(person)
    contacts.create(session, scope, [new])
    return contacts.contact(session, scope, new.id)


def connected(session: Session, scope: Scope, account: str = "ann@outlook.example") -> ConnectionInfo:
    tokens = StoredTokens("refresh-me", "access-me")
    return connections.connect(
        session, scope, provider=Provider.MICROSOFT, account=account, tokens=tokens, scopes=["Contacts.Read"]
    )


def begun(session: Session, scope: Scope, connection_id: str = "") -> Sync:
    provider = Provider.MICROSOFT if connection_id else Provider.FILE
    return opening.open_sync(session, scope, NewSync(new_id(), new_id(), provider, connection_id))


def row(kind: ChangeKind, ordinal: int, *, object_id: str = "", person: Person = ADA) -> Change:
    """A row that would give somebody a job, and bring the source record `source-<ordinal>` with it."""
    cell = Cell("job_title", "" if kind is ChangeKind.CREATE else "Countess", "Programmer")
    links = () if kind is ChangeKind.SKIP else (SourceLink(f"source-{ordinal}", person),)
    cells = () if kind in {ChangeKind.SKIP, ChangeKind.REMOVED} else (cell,)
    return Change(
        id=new_id(),
        ordinal=ordinal,
        kind=kind,
        state=ChangeState.PROPOSED,
        object_id=object_id,
        seen_version=1 if object_id else 0,
        reason="the test says so",
        fields=tuple(cell.field for cell in cells),
        proposal=Proposal(person.display_name, cells, links),
    )


def preview_key(session: Session, scope: Scope, sync_id: str) -> Key:
    return syncs.demand_preview_key(session, scope, sync_id)


def undo_key(session: Session, scope: Scope, sync_id: str) -> Key:
    key = syncs.undo_key(session, scope, sync_id)
    assert key is not None
    return key


def planned(session: Session, scope: Scope, rows: Sequence[Change], connection_id: str = "") -> Sync:
    """A sync whose plan waits for review."""
    sync = begun(session, scope, connection_id)
    digest = plans.save(session, scope, sync.id, preview_key(session, scope, sync.id), rows)
    syncs.move(session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.PREVIEW, digest=digest)
    return syncs.sync(session, scope, sync.id)
