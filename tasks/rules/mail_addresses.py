"""What an e-mail address tells: one key for one mailbox, whose it is, and where its owner works."""

from functools import lru_cache
from typing import NamedTuple

from tasks.rules.folding import fold
from tasks.rules.words import words

_FREE_STEMS = words("free_mail")
_ROLES = words("role_addresses")
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne"})


class Mailbox(NamedTuple):
    key: str
    local: str
    stem: str
    role: bool
    free: bool


@lru_cache(maxsize=100_000)
def mailbox(address: str) -> Mailbox:
    local, _, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    stem = _stem(domain)
    return Mailbox(f"{local}@{domain}", local, stem, local in _ROLES, stem in _FREE_STEMS)


def _stem(domain: str) -> str:
    """`acme` of `mail.acme.co.uk`: what a company's name is compared with."""
    parts = domain.split(".")
    last = 3 if len(parts) > 2 and parts[-2] in _SECOND_LEVEL else 2  # noqa: PLR2004 - labels of a public suffix
    return parts[-last] if len(parts) >= last else parts[0]


def names_in(local: str) -> tuple[str, str]:
    """Given and family name as `john.smith` spells them; empty where the local part is not of that shape."""
    words = fold(local.rstrip("0123456789")).split()
    if len(words) == 2 and all(len(word) > 1 and word.isalpha() for word in words):  # noqa: PLR2004 - two names
        return words[0], words[1]
    return "", ""
