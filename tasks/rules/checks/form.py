"""Form: is there a subject and a body, of sane length, in the right language, and not shouted."""

import re
from functools import cache
from typing import Any

from storage.records import Finding
from tasks.rules.checks.reading import Reading, block, warn

LONGEST_SUBJECT = 200
LONG_SUBJECT = 90
LONGEST_BODY = 8000
LONG_BODY = 3000
SHORTEST_BODY = 20
ENOUGH_TO_TELL = 120
SURE_ENOUGH = 0.9
UNSURE = 0.5

_TAG = re.compile(
    r"</?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]*)?/?>|<!--|<!\[|<!DOCTYPE|&(?:#\d+|#x[0-9a-f]+|[a-z]{2,8});", re.IGNORECASE
)
_HEADING = re.compile(r"^(?:#{1,6} |```|\|.*\||(?:[-*+]|\d+\.) \S.*\n(?:[-*+]|\d+\.) )", re.MULTILINE)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_SHOUTED = 3  # words in a row
_SHOUT = re.compile(r"[!！]{2,}|[?？]{3,}|[!?！？]{4,}")
# What one of a family is easily taken for another.
_KIN = {"nb": "no", "nn": "no", "da": "no", "hr": "sr", "bs": "sr", "ms": "id", "gl": "pt", "sk": "cs"}
_LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "cs", "hu", "ro", "tr", "el", "ru", "uk",
    "bg", "ja", "zh", "ko", "ar", "he",
)  # fmt: skip


def form(reading: Reading) -> list[Finding]:
    return [*_presence(reading), *_lengths(reading), *_marks(reading), *_manner(reading), *_language(reading)]


def _presence(reading: Reading) -> list[Finding]:
    found = []
    if not reading.subject.strip():
        found.append(block("empty_subject"))
    if len(reading.body.strip()) < SHORTEST_BODY and not _is_dense(reading.body):
        found.append(block("empty_body", reading.body))
    return found


def _is_dense(text: str) -> bool:
    """Whether a short text says enough in a script that needs few characters, such as Chinese."""
    return sum(sign > "\u2e80" for sign in text) * 3 >= SHORTEST_BODY


def _lengths(reading: Reading) -> list[Finding]:
    found = []
    for name, length, long, longest in (
        ("subject", len(reading.subject), LONG_SUBJECT, LONGEST_SUBJECT),
        ("body", len(reading.body), LONG_BODY, LONGEST_BODY),
    ):
        if length > long:
            found.append((block if length > longest else warn)("length", f"{name} of {length:,} characters"))
    return found


def _marks(reading: Reading) -> list[Finding]:
    found = []
    if tag := _TAG.search(reading.text):
        found.append(block("html", tag[0]))
    if heading := _HEADING.search(reading.body):
        found.append(warn("markdown", heading[0]))
    return found


def _manner(reading: Reading) -> list[Finding]:
    found = []
    if shout := _SHOUT.search(reading.text):
        found.append(warn("exclamations", shout[0]))
    if capitals := _capitals(reading):
        found.append(warn("capitals", capitals))
    if reading.letter.confidence < UNSURE:
        found.append(warn("low_confidence", f"{reading.letter.confidence:.2f}"))
    return found


def _capitals(reading: Reading) -> str:
    """Words in capitals, in a row, that neither the brief nor the contact's facts write so."""
    known = f"{reading.ours.text}\n{reading.theirs.text}"
    row: list[str] = []
    for word in _WORDS.findall(f"{reading.subject}\n{reading.body}"):
        row = [*row, word] if word.isupper() and word not in known else []
        if len(row) == _SHOUTED:
            return " ".join(row)
    return ""


def _language(reading: Reading) -> list[Finding]:
    wanted = _family(reading.brief.language)
    if not wanted:
        return []
    if (said := _family(reading.letter.language)) and said != wanted:
        return [warn("language", f"{reading.letter.language} where {reading.brief.language} was asked for")]
    if wanted not in _LANGUAGES or sum(map(str.isalpha, reading.body)) < ENOUGH_TO_TELL:
        return []
    found, sure = _identifier().classify(reading.body)
    if _family(found) != wanted and sure > SURE_ENOUGH:
        return [warn("language", f"reads as {found} where {reading.brief.language} was asked for")]
    return []


def _family(language: str) -> str:
    plain = language.partition("-")[0].lower()
    return _KIN.get(plain, plain)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 (megabytes)

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_LANGUAGES))
    return identifier
