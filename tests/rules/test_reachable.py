"""E-mail addresses and telephone numbers in one spelling each, as the libraries have them, and none is lost."""

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.clean_text import one_line
from tasks.rules.normalise import is_email, is_phone
from tasks.rules.reachable import email, phone


@pytest.mark.parametrize(
    ("raw", "spelt", "valid"),
    [
        ("Ana.Silva@Example.COM", "Ana.Silva@example.com", True),
        ("mailto:ana@x.org?subject=hi", "ana@x.org", True),
        ("Ana Silva <ana@x.org>", "ana@x.org", True),
        (" ana@x.org; ", "ana@x.org", True),
        ("o'brien+tag@mail.x-y.co.uk", "o'brien+tag@mail.x-y.co.uk", True),
        ("ana@bücher.example", "ana@bücher.example", True),
        ("nobody", "nobody", False),
        ("a@b@c.org", "a@b@c.org", False),
        ("ana@localhost", "ana@localhost", False),
        (".ana@x.org", ".ana@x.org", False),
        ("ana@-x.org", "ana@-x.org", False),
        ("ÑÑÑ", "ÑÑÑ", False),
    ],
)
def test_addresses_are_spelt_alike_and_none_is_lost(raw: str, spelt: str, valid: bool) -> None:  # noqa: FBT001 - a table of cases
    assert (email(raw), is_email(spelt)) == (spelt, valid)


@given(st.from_regex(r"[A-Za-z.'+_-]{1,12}@[a-zA-Z-]{1,6}(\.[a-zA-Z-]{1,5}){0,3}", fullmatch=True))
def test_the_quick_look_at_an_address_agrees_with_the_library(address: str) -> None:
    try:
        judged = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        assert not is_email(address)
    else:
        assert is_email(address)
        assert email(address) == judged.normalized


@pytest.mark.parametrize(
    ("raw", "region", "spelt"),
    [
        ("+49 (0) 30 123456", "", "+4930123456"),
        ("0049 30 123456", "", "+4930123456"),
        ("0049 30 123456", "US", "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("030/123456", "de", "+4930123456"),
        ("(415) 555-2671 ext. 12", "US", "+14155552671;ext=12"),
        ("tel:+1-418-656-9254;ext=102", "", "+14186569254;ext=102"),
        ("+39 06 12345678", "", "+390612345678"),
        ("+44 20 7946 0958", "", "+442079460958"),
        ("030 123456", "", "030 123456"),
        ("+٤٩ ٣٠ ١٢٣٤٥٦", "", "+4930123456"),
        ("call  me", "DE", "call me"),
        ("030 123456 / 0170 123456", "DE", "030 123456 / 0170 123456"),
    ],
)
def test_phones_are_spelt_alike_and_none_is_lost(raw: str, region: str, spelt: str) -> None:
    assert phone(raw, region) == spelt
    assert is_phone(spelt) == spelt.startswith("+")


@given(
    st.sampled_from(["+", "00", "00 "]),
    st.sampled_from(["1", "20", "31", "33", "34", "41", "44", "48", "49", "61", "7", "81", "86", "90", "91"]),
    st.from_regex(r"[0-9]{4,12}", fullmatch=True),
)
def test_the_quick_look_at_a_phone_agrees_with_the_library(prefix: str, country: str, rest: str) -> None:
    spelt = phone(f"{prefix}{country} {rest}")
    if is_phone(spelt):
        number = phonenumbers.parse(f"+{country}{rest}", None)
        assert phonenumbers.is_possible_number(number)
        assert spelt == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.text("0123456789 -./()abctel:;ext=#\u0664\uff10", max_size=20))
def test_without_a_country_nothing_is_a_phone_number_for_the_library_either(text: str) -> None:
    with pytest.raises(phonenumbers.NumberParseException):
        phonenumbers.parse(text, None)
    assert phone(text) == one_line(text) or text.startswith("00")
