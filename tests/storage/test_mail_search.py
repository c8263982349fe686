"""Mails are found by whom they go to and by what they say, whatever signs that holds."""

from dataclasses import replace

import pytest

from storage.campaign import mail_search, mail_writing, mails
from storage.records import Paragraph
from storage.scope import Scope
from storage.session import Store
from tests.storage.campaign_examples import key_of, letter, waiting, written

TEXT = 'She said "quite\\so" and\nÉLAN, to P2: <b>100 %</b>'


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("person2@ENGINES.example", [2]), ("Person", [1, 2, 3]), ('"QUITE\\so"', [2]), ("élan and", [2]), ("<b>", [2]),
        ("100 %", [2]), ("nothing of the kind", []), ("   ", []), ("given_name", []), ("person1 person2", []),
    ],
)  # fmt: skip
def test_what_a_mail_holds_is_found_and_what_surrounds_it_is_not(
    store: Store, scope: Scope, words: str, found: list[int]
) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 3)
        key = key_of(session, scope, campaign.id)
        mail = mails.mail(session, scope, campaign.id, "2", key)
        one = written(mail)
        told = replace(letter(), paragraphs=(Paragraph(TEXT),))
        mail_writing.write(session, scope, campaign.id, key, [replace(one, draft=replace(one.draft, letter=told))])
        assert [mail.ordinal for mail in mail_search.search(session, scope, campaign.id, key, words)] == found


def test_no_more_are_read_than_are_asked_for(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 5)
        key = key_of(session, scope, campaign.id)
        found = mail_search.search(session, scope, campaign.id, key, "engines", limit=2)
    assert [mail.ordinal for mail in found] == [1, 2]


def test_a_contact_is_found_where_no_text_was_ever_written(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 2)
        key = key_of(session, scope, campaign.id)
        first = mails.mail(session, scope, campaign.id, "1", None)
        assert [one.id for one in mail_search.search(session, scope, campaign.id, key, first.object_id)] == [first.id]
