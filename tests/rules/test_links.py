"""Signed addresses: what we signed for a use is read, and nothing else is."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.crypto import SIGNATURE as STORED
from storage.crypto import Keyring
from tasks.rules.links import SIGNATURE, Target, Use, numbered, read_token, routes, token

RING = Keyring(["k" * 20])
LINKS = {"b": "https://b.example", "a": "https://a.example/x", "mail": "mailto:us@a.example"}


@given(st.uuids(), st.sampled_from(Use), st.integers(0, 255))
def test_a_token_is_read_as_it_was_written(mail_id: object, use: Use, number: int) -> None:
    made = token(use, str(mail_id), RING.signature, number)
    assert read_token(use, made, RING.is_signed) == Target(str(mail_id), number if use is Use.CLICK else 0)
    assert len(f"/u/{made}") <= 45


@given(st.uuids(), st.sampled_from(Use), st.data())
def test_a_token_changed_anywhere_is_none(mail_id: object, use: Use, data: st.DataObject) -> None:
    made = token(use, str(mail_id), RING.signature)
    at = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(st.sampled_from([sign for sign in "ABcd09-_=.é" if sign != made[at]]))
    assert read_token(use, made[:at] + other + made[at + 1 :], RING.is_signed) is None


@given(st.sampled_from(Use), st.sampled_from(Use))
def test_a_token_serves_one_use_only(made_for: Use, used_for: Use) -> None:
    made = token(made_for, str(uuid4()), RING.signature)
    assert (read_token(used_for, made, RING.is_signed) is not None) is (made_for is used_for)


@given(st.text(max_size=100))
def test_what_is_no_token_is_none(text: str) -> None:
    assert all(read_token(use, text, RING.is_signed) is None for use in Use)


@pytest.mark.parametrize("spelling", ["{}=", " {}", "{}\n", "{}A", "{}AAAA"])
def test_a_token_has_one_spelling(spelling: str) -> None:
    made = token(Use.OPEN, str(uuid4()), RING.signature)
    assert read_token(Use.OPEN, spelling.format(made), RING.is_signed) is None


def test_old_keys_verify_and_the_newest_signs() -> None:
    rotated = Keyring(["n" * 20, "k" * 20])
    old = token(Use.OPEN, str(uuid4()), RING.signature)
    new = token(Use.OPEN, str(uuid4()), rotated.signature)
    assert read_token(Use.OPEN, old, rotated.is_signed)
    assert read_token(Use.OPEN, new, rotated.is_signed)
    assert read_token(Use.OPEN, new, RING.is_signed) is None


def test_both_sides_mean_one_length_of_signature() -> None:
    assert SIGNATURE == STORED == len(RING.signature(b""))


def test_a_mails_routes_lead_back_to_its_links() -> None:
    mail_id = str(uuid4())
    found = routes("https://us.example", mail_id, RING.signature, LINKS, counted=True)
    assert set(found.links) == {"a", "b"}
    assert found.open.endswith(".gif")
    for key, address in found.links.items():
        target = read_token(Use.CLICK, address.rpartition("/")[2], RING.is_signed)
        assert target
        assert (target.mail_id, numbered(LINKS, target.number)) == (mail_id, LINKS[key])


def test_without_counting_links_lead_straight_on() -> None:
    found = routes("https://us.example", str(uuid4()), RING.signature, LINKS, counted=False)
    assert (found.open, found.links) == ("", {})
    assert found.unsubscribe.startswith("https://us.example/u/")


@pytest.mark.parametrize("number", [2, 3, 255])
def test_no_click_leads_anywhere_but_to_a_web_page_of_the_list(number: int) -> None:
    assert numbered(LINKS, number) == ""
