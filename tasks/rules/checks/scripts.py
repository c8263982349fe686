"""Letters that look like others, and what cannot be seen."""

import re
import unicodedata
from functools import lru_cache

from storage.records import Finding
from tasks.rules.checks.reading import Reading, block
from tasks.rules.clean_text import many_lines

_WORD = re.compile(r"[^\W\d_]+")
_LOOKALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
# Letters of Cyrillic and Greek that are drawn like Latin ones: a word of nothing else is a disguise.
_DRAWN_LIKE_LATIN = frozenset("аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅԚԜοαΑΒΕΖΗΙΚΜΝΟΡΤΥΧνυι")
_MOSTLY = 0.7
_SHORTEST = 3


def scripts(reading: Reading) -> list[Finding]:
    letter = reading.letter
    found = []
    raw = (letter.subject, letter.preheader, letter.greeting, *(one.text for one in letter.paragraphs))
    if any("\n" in line or "\r" in line for line in (*raw[:3], reading.recipient.name, reading.recipient.address)):
        found.append(block("line_break"))
    if hidden := next((text for text in raw if _hides(text)), ""):
        found.append(block("hidden_text", "".join(f"U+{ord(sign):04X} " for sign in hidden if not sign.isprintable())))
    if reading.text.isascii() and all(map(str.isascii, raw)):
        return found
    plain = "\n".join(raw)
    found += [block("lookalike_letters", word) for word in _disguised(plain)]
    return found


def _hides(text: str) -> bool:
    if text.isascii():
        return any(not sign.isprintable() and sign not in "\n\r\t" for sign in text)
    # Composing is no hiding, nor is a blank at the end of a line.
    return "".join(many_lines(text).split()) != "".join(unicodedata.normalize("NFC", text).split())


def _disguised(text: str) -> list[str]:
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    found = [word for word in words if _is_mixed(word) or _is_styled(word)]
    latin = sum("a" <= sign.lower() <= "z" for sign in text)
    if latin > _MOSTLY * sum(map(str.isalpha, text)):
        found += [word for word in words if len(word) >= _SHORTEST and set(word) <= _DRAWN_LIKE_LATIN]
    return list(dict.fromkeys(found))


def _is_mixed(word: str) -> bool:
    scripts_of = {_script(sign) for sign in word} & _LOOKALIKE_SCRIPTS
    return len(scripts_of) > 1


def _is_styled(word: str) -> bool:
    """Mathematical, full-width and circled letters, which read like plain ones and are others."""
    return any(_script(sign) in {"MATHEMATICAL", "FULLWIDTH", "CIRCLED", "PARENTHESIZED", "SQUARED"} for sign in word)


@lru_cache(maxsize=4096)
def _script(sign: str) -> str:
    return unicodedata.name(sign, "?").partition(" ")[0]
