"""Links, e-mail addresses and telephone numbers in the text: a mail leads nowhere but where its brief says."""

import re
from functools import cache, lru_cache
from urllib.parse import urlsplit

import phonenumbers

from storage.records import Finding
from tasks.rules.checks.reading import Reading, block
from tasks.rules.checks.words import words
from tasks.rules.letters.markup import link_keys

_URL = re.compile(
    r"\b(?:h(?:tt|xx)ps?|ftp|file|javascript|data|vbscript|tel|sms|callto|skype|whatsapp)\s?:\s?\S+|\bwww\d?\.\S+",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+\s?(?:@|\(at\)|\[at\]|\{at\})\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_HOST = re.compile(r"(?<![\w@.-])((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+)([^\W\d_]{2,12})(?![\w-])(?!\.\w)(/\S*)?")
_SPELT_DOT = re.compile(
    r"\b[\w-]+\s*[\[({<]\s*(?:\.|dot|punkt|point|punto|ponto)\s*[\])}>]\s*[a-z]{2,12}\b"
    r"|\b[\w-]+\s+(?:dot|punkt|punto|ponto)\s+(?:com|net|org|de|io|co|info|biz)\b",
    re.IGNORECASE,
)
_BARE_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00)?\(?\d(?:[\s()/.–-]{0,2}\d){6,14}(?!\w)")
_DATE_LIKE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_EDGES = ".,;:!?)]}>\"'”’»"


def addresses(reading: Reading) -> list[Finding]:
    return [*_keys(reading), *_links(reading), *_mailboxes(reading), *_phones(reading)]


def _keys(reading: Reading) -> list[Finding]:
    known = reading.brief.links or {}
    letter = reading.letter
    used = [key for text in (letter.greeting, *(one.text for one in letter.paragraphs)) for key in link_keys(text)]
    used += [letter.cta_key] if letter.cta_key else []
    return [block("unknown_link", key) for key in dict.fromkeys(used) if key not in known]


def _links(reading: Reading) -> list[Finding]:
    allowed = _allowed(reading.brief.text, tuple((reading.brief.links or {}).values()), reading.brief.facts)
    own = reading.recipient.address.rpartition("@")[2].casefold()
    text = _EMAIL.sub(" ", reading.text)
    found = [match[0] for pattern in (_URL, _SPELT_DOT, _BARE_IP) for match in pattern.finditer(text)]
    found += [match[0] for match in _HOST.finditer(text) if _is_host(match)]
    suspects = (one.rstrip(_EDGES) for one in dict.fromkeys(found))
    # The domain that the contact writes from may be named: it is what their company is called.
    return [block("unknown_link", one) for one in suspects if one.casefold() not in allowed | {own}]


def _is_host(match: re.Match[str]) -> bool:
    """`acme.example` and not `e.g.` or the end of a sentence without a blank behind it."""
    last = match[2]
    spelt = last.islower() or match[0].isupper()
    return last.lower() in _tlds() and spelt and len(match[1]) > 2  # noqa: PLR2004 (one letter and a dot abbreviate)


@cache
def _tlds() -> frozenset[str]:
    return words("top_level_domains") | {region.lower() for region in phonenumbers.SUPPORTED_REGIONS}


def _mailboxes(reading: Reading) -> list[Finding]:
    known = f"{reading.ours.text} {reading.recipient.address}".casefold()
    found = {match[0] for match in _EMAIL.finditer(reading.text)}
    return [block("unknown_address", one) for one in sorted(found) if one.rstrip(_EDGES).casefold() not in known]


def _phones(reading: Reading) -> list[Finding]:
    known = re.sub(r"\D", "", reading.ours.text)
    found = [match[0] for match in _PHONE.finditer(reading.text) if not _DATE_LIKE.search(match[0])]
    return [block("unknown_phone", one) for one in found if re.sub(r"\D", "", one).lstrip("0") not in known]


@lru_cache(maxsize=64)
def _allowed(text: str, links: tuple[str, ...], facts: tuple[str, ...]) -> frozenset[str]:
    """What the brief itself writes, and the links and hosts of its list, as a mail may spell them."""
    written = "\n".join((text, *facts))
    found = [match[0] for pattern in (_URL, _HOST, _BARE_IP) for match in pattern.finditer(written)]
    for link in links:
        host = urlsplit(link).hostname or ""
        found += [link, link.split("://")[-1], host, host.removeprefix("www.")]
    return frozenset(one.rstrip(_EDGES).rstrip("/").casefold() for one in found if one) | {
        one.rstrip(_EDGES).casefold() for one in found
    }
