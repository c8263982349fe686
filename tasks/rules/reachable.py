"""E-mail addresses and phone numbers in one spelling, and the keys by which two spellings are the same one."""

import re
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from tasks.rules.clean_text import one_line

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What nine in ten addresses look like; email-validator judges the rest, thirty times slower.
_PLAIN_EMAIL = re.compile(rf"(?=.{{1,64}}@)({_ATEXT}(?:\.{_ATEXT})*)@((?:{_DOMAIN_LABEL}\.)+[A-Za-z]{{2,63}})")
_SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion"})  # what no public domain ends in
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>@\s]+@[^<>@\s]+)>")
_MAX_EMAIL = 254
_REMEMBERED = 8192  # of the values that a library judges: enough for one batch after another, and no weight in memory

_E164 = re.compile(r"\+[1-9]\d{4,16}(?:;ext=\d{1,20})?", re.ASCII)
# Numbers that need no more than their spaces taken out: none of them starts with a trunk prefix.
_PLAIN_PHONE = re.compile(
    r"\+(?:1[2-9]\d{9}|20(?:1[0125]\d{8}|[23]\d{8})|3(?:1[1-9]|3[1-9]|4[5-9])\d{8}|4(?:1[1-9]|8[1-9])\d{8}"
    r"|44[1-9]\d{9}|49[1-9]\d{7,10}|61[2-8]\d{8}|7[3-79]\d{9}|81[1-9]\d{8,9}|86(?:10\d{8}|1[3-689]\d{9})|90[2-5]\d{9}|91[6-9]\d{9})",
    re.ASCII,
)
_PLUS = re.compile("[+\uff0b]")
_INTERNATIONAL_PREFIX = re.compile(r"^\s*(?:\(\s*)?00\s*(?=[1-9])")
_MAX_PHONE = 100


def email(value: str) -> str:
    """The address alone, its domain in lower case; what is no address comes back cleaned, so that nothing is lost."""
    if plain := _plain_email(value):
        return plain
    cleaned = one_line(value)
    return _valid_email(_unwrapped(cleaned)) or cleaned


def is_email(value: str) -> bool:
    return bool(_valid_email(value))


def email_key(value: str) -> str:
    return email(value).casefold()


def _unwrapped(value: str) -> str:
    if match := _IN_BRACKETS.fullmatch(value):
        value = match[1]
    if value[:7].lower() == "mailto:":
        value = unquote(value[7:].partition("?")[0])
    return value.strip(" ,;")


def _plain_email(value: str) -> str:
    match = _PLAIN_EMAIL.fullmatch(value) if len(value) <= _MAX_EMAIL else None
    if match is None or "--" in match[2]:
        return ""
    domain = match[2].lower()
    return "" if domain.rpartition(".")[2] in _SPECIAL else f"{match[1]}@{domain}"


def _valid_email(value: str) -> str:
    return _plain_email(value) or _judged_email(value)


@lru_cache(maxsize=_REMEMBERED)
def _judged_email(value: str) -> str:
    if len(value) > _MAX_EMAIL or "@" not in value or value.lower().rpartition(".")[2] in _SPECIAL:
        return ""
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except (EmailNotValidError, UnicodeError):
        return ""


def phone(value: str, region: str = "") -> str:
    """E.164 with `;ext=` for an extension; `region` (such as "DE") reads numbers without a country code."""
    plain = (_international(value) if value.startswith("00") else value).replace(" ", "").replace("-", "")
    plain = plain.replace(".", "")
    if _PLAIN_PHONE.fullmatch(plain):
        return plain
    cleaned = one_line(value)
    read = _read_phone(cleaned, region)
    # A reading that reads differently the second time is not one to write down.
    settled = _PLAIN_PHONE.fullmatch(read) or _read_phone(read, region) == read
    return read if read and settled else cleaned


def is_phone(value: str) -> bool:
    return bool(_E164.fullmatch(value))


def phone_key(value: str, region: str = "") -> str:
    """Equal for two spellings of one number: E.164 where it can be read, else its digits alone."""
    return spelt_phone_key(phone(value, region))


def spelt_phone_key(spelt: str) -> str:
    """`phone_key` of what `phone` gave."""
    return spelt if is_phone(spelt) else re.sub(r"\D", "", spelt) or spelt.casefold()


@lru_cache(maxsize=_REMEMBERED)
def _read_phone(value: str, region: str) -> str:
    if len(value) > _MAX_PHONE:
        return ""
    international = _international(value)
    return _e164(international, region) or (_e164(value, region) if international != value else "")


def _international(value: str) -> str:
    return _INTERNATIONAL_PREFIX.sub("+", value)


def _e164(value: str, region: str) -> str:
    if not (region or _PLUS.search(value)):
        return ""  # nothing tells the country, and the library would take its time to say so
    try:
        number = phonenumbers.parse(value, region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    base = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{base};ext={number.extension}" if number.extension else base
