"""Whether the greeting calls the contact by their own name, or by none."""

import re
from functools import cache

from storage.records import Finding
from tasks.rules.checks.reading import WORD, Reading, block, warn
from tasks.rules.checks.words import words
from tasks.rules.folding import fold_name
from tasks.rules.short_forms import formal

# Languages that change a name when somebody is called by it.
_VOCATIVE = frozenset({"pl", "cs", "sk", "uk", "bg", "hr", "sr", "el", "lt", "lv", "ro", "fi", "hu", "tr"})
_CASELESS = re.compile(r"[\u0590-\u08ff\u0900-\u0fff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LIKE_ENOUGH = 3


def greeting(reading: Reading) -> list[Finding]:
    """Of a greeting in a script without capitals only the crowd can tell whose name it holds."""
    called = [word for word in WORD.findall(reading.greeting) if not _CASELESS.search(word)]
    strangers = [word for word in called if not _is_fitting(word, reading)]
    if not strangers:
        return []
    if all(_is_form_of_their_name(word, reading) for word in strangers):
        return [warn("greeting_name", reading.greeting)]
    return [block("greeting_name", reading.greeting)]


@cache
def _salutations() -> frozenset[str]:
    return frozenset(map(fold_name, words("salutations")))


def _is_fitting(word: str, reading: Reading) -> bool:
    parts = fold_name(word).split()
    ours = fold_name(reading.brief.sender).split()
    return all(part in _salutations() or reading.knows(part) or part in ours for part in parts)


def _is_form_of_their_name(word: str, reading: Reading) -> bool:
    """`Bob` for Robert, or `Anno` for Anna where the language calls people so."""
    called = fold_name(word)
    language = reading.letter.language.partition("-")[0] or reading.brief.language.partition("-")[0]
    for name in fold_name(f"{reading.recipient.name} {reading.recipient.facts.get('given_name', '')}").split():
        if formal(called) & formal(name):
            return True
        same = len(name) - 2 if language in _VOCATIVE else len(name)
        if language in _VOCATIVE and called[: max(same, _LIKE_ENOUGH)] == name[: max(same, _LIKE_ENOUGH)]:
            return True
    return False
