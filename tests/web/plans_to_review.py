"""Plans as reviewers meet them: invented people, most of them routine, some worth a look."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from storage.documents import new_id, now
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.people import contacts
from storage.records import (
    Change,
    Contact,
    Labelled,
    Person,
    Provider,
    SourceLink,
    SyncStatus,
    Verdict,
)
from storage.scope import Scope
from storage.session import Session
from storage.sync import opening, plans, syncs
from storage.sync.opening import NewSync
from storage.sync.syncs import Sync
from tasks.rules.planning import comparison, creation, in_order, removal
from tasks.rules.planning import skip as skipped

FIRST = ["Ada", "Bruno", "Chiara", "Dilan", "Elif", "Femi", "Grace", "Hana", "Ivo", "Jürgen", "Kofi", "Lucía", "Mei"]
LAST = ["Lovelace", "Okafor", "Müller", "Rossi", "Nguyen", "Sørensen", "García", "Haddad", "Kowalska", "Ito", "Byrne"]
COMPANIES = ["Analytical Engines", "Nordwind AG", "Rossi & Figli", "Blue Harbour", "Okafor Labs", "Kite Logistics"]
JOBS = ["Buyer", "Head of Design", "Engineer", "Managing Director", "Account Manager", "Research Lead"]
SMALL = {"conflict": 6, "maybe": 8, "removed": 3, "update": 40, "create": 120, "skip": 30, "unreadable": 4}
PLANNED = sum(SMALL[kind] for kind in ("conflict", "maybe", "removed", "update", "create"))
BIG = {"conflict": 100, "maybe": 300, "removed": 100, "update": 3500, "create": 6000, "skip": 0, "unreadable": 0}


def invented(seed: int) -> Person:
    dice = random.Random(seed)
    first, last = dice.choice(FIRST), dice.choice(LAST)
    company = dice.choice(COMPANIES)
    host = company.lower().replace(" ", "").replace("&", "")
    return Person(
        given_name=first, family_name=last, display_name=f"{first} {last}", company=company,
        job_title=dice.choice(JOBS), birthday=f"19{dice.randint(60, 99)}-0{dice.randint(1, 9)}-1{dice.randint(0, 9)}",
        emails=(Labelled(f"{first}.{last}.{seed}@{host}.example".lower(), "work"),),
        phones=(Labelled(f"+49 30 90{seed % 100000:05d}", "mobile"),),
        tags=("customer",) if seed % 3 else ("customer", "newsletter"),
    )  # fmt: skip


def provenance(person: Person) -> dict[str, object]:
    said = {"source": "google", "account": "", "sync": "", "by": "ann@acme.example", "at": "2026-05-03T09:30:00+00:00"}
    return {name: said for name in ("job_title", "company", "emails", "phones") if getattr(person, name)}


def plan_of(session: Session, scope: Scope, sizes: dict[str, int]) -> list[Change]:
    found = list(_rows(session, scope, sizes))
    return [replace(change, id=new_id(), ordinal=number) for number, change in enumerate(in_order(found), 1)]


def _rows(session: Session, scope: Scope, sizes: dict[str, int]) -> Iterator[Change]:
    yield from (creation([SourceLink(f"c{n}", invented(n))]) for n in range(sizes["create"]))
    there = [
        Contact(new_id(), 3, person, provenance(person))
        for n in range(sizes["update"] + sizes["conflict"] + sizes["maybe"] + sizes["removed"])
        if (person := invented(100_000 + n))
    ]
    contacts.create(session, scope, there)
    one = iter(there)
    for n in range(sizes["update"]):
        base = next(one)
        mobile = (Labelled(f"+49 170 55{n:05d}", "mobile"),) if n % 3 == 0 else ()
        fresh = replace(base.person, job_title="Partner", phones=(*base.person.phones, *mobile))
        yield comparison(base, SourceLink(f"u{n}", fresh, base.person), reason="linked before")
    for n in range(sizes["conflict"]):
        base = next(one)
        was = replace(base.person, job_title="Trainee", company="Old Mill")
        fresh = replace(base.person, job_title="Chief of Staff", company="Old Mill")
        yield comparison(base, SourceLink(f"x{n}", fresh, was, modified_at=now()), reason="linked before")
    for n in range(sizes["maybe"]):
        base = next(one)
        fresh = replace(base.person, display_name=f"{base.person.given_name[0]}. {base.person.family_name}", emails=())
        yield comparison(
            base, SourceLink(f"m{n}", fresh), reason="same phone, name 0.93, company equal", verdict=Verdict.MAYBE
        )
    yield from (removal(next(one), SourceLink(f"r{n}", Person())) for n in range(sizes["removed"]))
    yield from (
        skipped("the CRM has these values already", name=invented(n).display_name) for n in range(sizes["skip"])
    )
    yield from (skipped("the address is longer than 320 characters", failed=True) for _ in range(sizes["unreadable"]))


def waiting_plan(session: Session, scope: Scope, sizes: dict[str, int] = SMALL) -> Sync:
    connection = connections.connect(
        session, scope, provider=Provider.MICROSOFT, account="ann@outlook.example", tokens=StoredTokens("r", "a"),
        scopes=["Contacts.Read"],
    )  # fmt: skip
    sync = opening.open_sync(session, scope, NewSync(new_id(), new_id(), Provider.MICROSOFT, connection.id))
    rows = plan_of(session, scope, sizes)
    digest = plans.save(session, scope, sync.id, syncs.demand_preview_key(session, scope, sync.id), rows)
    syncs.move(
        session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.PREVIEW, digest=digest,
        expires_at=now() + timedelta(days=7),
    )  # fmt: skip
    return syncs.sync(session, scope, sync.id)
