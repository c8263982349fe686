"""Display names taken apart, only where that is safe, and put together where there is none."""

import re
from dataclasses import replace
from functools import lru_cache

from nameparser import HumanName

from storage.records import Person
from tasks.rules.stand_ins import has_parts, stands_in

# Given name first is a custom of these scripts. Vietnamese letters lie beyond the range, and are meant to.
_WORD = re.compile(r"[A-Za-z\u00aa-\u024f\u0370-\u03ff\u0400-\u052f\u02bc'\u2019.-]+,?")
_NO_PERSON = frozenset({
    "ag", "bank", "bv", "club", "co", "company", "corp", "department", "e.v", "e.v.", "ev", "foundation", "gmbh",
    "group", "hotel", "inc", "info", "kg", "llc", "llp", "ltd", "nv", "office", "oy", "plc", "praxis", "pty",
    "restaurant", "sa", "sales", "sarl", "service", "services", "shop", "sl", "spa", "srl", "support", "systems",
    "team", "the", "university", "verein",
})  # fmt: skip
_SHOUTED_SUFFIXES = frozenset({"II", "III", "IV", "JR", "SR", "MD", "M.D.", "DDS", "MBA", "CPA", "RN", "DVM", "JD"})
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+")
_FEWEST_WORDS, _MOST_WORDS = 2, 6

Parts = tuple[str, str, str, str, str]


def with_names(person: Person) -> Person:
    """`person` with its name in parts if only a display name came, and with a display name if only parts came."""
    if person.display_name and not has_parts(person) and not stands_in(person):
        prefix, given, middle, family, suffix = split(person.display_name)
        person = replace(
            person,
            prefix=person.prefix or prefix,
            given_name=given,
            middle_name=middle,
            family_name=family,
            suffix=person.suffix or suffix,
        )
    return person if person.display_name else replace(person, display_name=_display_name(person))


@lru_cache(maxsize=16384)
def split(display_name: str) -> Parts:
    """Prefix, given, middle, family and suffix; all empty where taking the name apart would be guessing."""
    words = display_name.split()
    if not _looks_like_a_name(words):
        return ("", "", "", "", "")
    name = HumanName(display_name)
    parts = (name.title, name.first, name.middle, name.last, name.suffix)
    safe = name.first and name.last and _letters(" ".join(parts)) == _letters(display_name)
    return parts if safe else ("", "", "", "", "")


def _looks_like_a_name(words: list[str]) -> bool:
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return False
    return all(_WORD.fullmatch(word) and _is_name_word(word.rstrip(",")) for word in words)


def _is_name_word(word: str) -> bool:
    if word in _SHOUTED_SUFFIXES:
        return True
    # "SMITH John" may mean either order; one capital is an initial and tells nothing.
    shouted = sum(letter.isupper() for letter in word) > 1 and word.upper() == word and not re.search(r"\w\.\w", word)
    return word.casefold() not in _NO_PERSON and not shouted


def _letters(text: str) -> list[str]:
    return sorted(letter for letter in text if letter.isalpha())


def _display_name(person: Person) -> str:
    if _EASTERN.fullmatch(person.family_name) and _EASTERN.fullmatch(person.given_name):
        return person.family_name + person.given_name
    parts = (person.given_name, person.middle_name, person.family_name)
    if any(parts):
        return " ".join(part for part in (*parts, person.suffix) if part)
    return person.nickname or person.company or next((email.value for email in person.emails), "")
