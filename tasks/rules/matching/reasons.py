"""A verdict in words: which fields agree and which do not. Never a value, for reasons outlive the personal data."""

from functools import lru_cache

from tasks.rules.matching.levels import Evidence, Order

# What a person looks at first comes first; within a field, the words for its levels from 1 on.
_WORDS = {
    "email": (
        "same e-mail",
        "same e-mail, but of an office",
        "e-mails alike before the @",
        "e-mails nearly alike",
        "e-mails somewhat alike",
        "e-mails differ",
    ),
    "phone": ("same mobile number", "same phone number", "phone numbers differ"),
    "identifier": (
        "same number in the same register",
        "numbers in the same register nearly alike",
        "numbers in the same register differ",
    ),
    "birthday": (
        "same birthday",
        "same birthday, year not known",
        "birthdays differ by a slip of the pen",
        "birthdays differ in part",
        "birthdays near each other",
        "birthdays differ",
    ),
    "given": (
        "same given name",
        "one given name is a form of the other",
        "given name fits the initial",
        "given names nearly alike",
        "given names differ",
    ),
    "family": ("same family name", "family names share a part", "family names nearly alike", "family names differ"),
    "company": ("company equal", "companies nearly alike", "e-mail domain fits the company", "companies differ"),
    "street": (
        "same street address",
        "street addresses nearly alike",
        "street addresses somewhat alike",
        "street addresses differ",
    ),
    "town": ("same town", "towns nearly alike", "towns differ"),
}


@lru_cache(maxsize=10_000)
def reason(evidence: Evidence, objections: tuple[str, ...] = (), *, guessed: bool = False) -> str:
    words = [_WORDS[field][level - 1] for field in _WORDS if (level := getattr(evidence, field))]
    if evidence.order is Order.SWAPPED:
        words.append("given and family name swapped")
    if guessed:
        words.append("a name was only read from an e-mail address")
    doubt = f"; not sure because {' and '.join(objections)}" if objections else ""
    return ", ".join(words) + doubt
