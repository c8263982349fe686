"""Contacts found by their number in the book, and edited past the sync."""

from dataclasses import replace
from typing import Any

from storage.people import contacts
from storage.records import Contact
from tests.flows.book import somebody
from tests.flows.house import House


def named(house: House, number: int) -> Contact:
    email = somebody(number).emails[0].value
    return next(one for one in house.crm() if email in {held.value for held in one.person.emails})


def by_hand(house: House, number: int, **values: Any) -> None:
    with house.store.begin() as session:
        before = named(house, number)
        after = replace(before, person=replace(before.person, **values), version=before.version + 1)
        assert contacts.overwrite(session, house.scope, [after]) == 1
