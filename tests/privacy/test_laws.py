"""Whoever is erased is kept out, and nobody else: however people share addresses, names and numbers."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.campaign import suppressions
from storage.documents import new_id
from storage.people import contacts
from storage.privacy import erasing, erasures
from storage.records import Contact, Labelled, Person
from storage.scope import Scope
from storage.session import Session
from tasks.rules.accounting import forecast
from tasks.rules.identity import KNOWN_BY, addresses_of, facts_of, whom, whom_of
from tests.flows.house import House

ADDRESSES = [
    "a@one.example",
    "A+tag@one.example",
    "b@one.example",
    "c.d@gmail.com",
    "cd@googlemail.com",
    "e@two.example",
]
people = st.builds(
    lambda name, emails, phones: Person(
        display_name=name, emails=tuple(map(Labelled, emails)), phones=tuple(map(Labelled, phones))
    ),
    st.sampled_from(["Ada", "ADA", "Bob", ""]),
    st.lists(st.sampled_from(ADDRESSES), max_size=3),
    st.lists(st.sampled_from(["+4930111111", "+4930222222"]), max_size=2),
)
unreachable = st.builds(
    Person,
    display_name=st.sampled_from(["Ada Byron", "BYRON Ada", "Bob"]),
    company=st.sampled_from(["", "Engines Ltd", "Looms"]),
    birthday=st.sampled_from(["", "1815-12-10"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=st.lists(people, max_size=6), address=st.sampled_from(ADDRESSES))
def test_who_is_erased_is_kept_out_and_nobody_who_stays(house: House, crowd: Sequence[Person], address: str) -> None:
    scope = house.scope
    with house.store.begin() as session:
        before = [Contact(new_id(), 1, person, {}) for person in crowd]
        contacts.create(session, scope, before)
        asked = whom(address)
        done = erasing.erase(session, scope, asked, forecast, by="ann")
        gone = [one for one in before if asked.is_them(one.person)]
        stay = [one for one in before if one not in gone]
        assert done.counts.get("contacts", 0) == len(gone)
        assert {one.id: one.person for one in contacts.everyone(session, scope)} == {o.id: o.person for o in stay}
        known = erasures.known(session, scope)
        assert all(known.holds(KNOWN_BY, one.person) for one in gone)
        assert not any(known.holds(KNOWN_BY, one.person) for one in stay)
        assert not suppressed(session, scope, [one.person for one in stay])
        assert erasing.erase(session, scope, asked, forecast, by="ann").found_nothing
        session.connection.rollback()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=st.lists(unreachable, min_size=1, max_size=4))
def test_who_has_neither_address_nor_number_is_told_by_what_is_known(house: House, crowd: Sequence[Person]) -> None:
    scope, (theirs, *others) = house.scope, crowd
    with house.store.begin() as session:
        gone, *stay = (Contact(new_id(), 1, person, {}) for person in crowd)
        contacts.create(session, scope, [gone, *stay])
        erasing.erase(session, scope, whom_of(gone), forecast, by="ann")
        known = erasures.known(session, scope)
        assert not any(known.holds(KNOWN_BY, one) for one in others)
        assert known.holds(KNOWN_BY, theirs) or facts_of(theirs) in map(facts_of, others)
        said_less = replace(theirs, company="", birthday="")
        assert known.holds(KNOWN_BY, said_less) or facts_of(said_less) in map(facts_of, others)
        assert not known.holds(KNOWN_BY, replace(theirs, company="Another"))
        assert not known.holds(KNOWN_BY, replace(theirs, emails=(Labelled("ada@three.example"),)))
        session.connection.rollback()


def suppressed(session: Session, scope: Scope, staying: Sequence[Person]) -> set[str]:
    hashes = {suppressions.address_hash(session, scope, one) for person in staying for one in addresses_of(person)}
    return set(suppressions.suppressed(session, scope, sorted(hashes)))
