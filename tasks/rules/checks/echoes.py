"""Instructions that somebody hid in a contact's facts, and whether the mail obeys or repeats them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from storage.records import Finding
from tasks.rules.checks.reading import Reading, block, warn
from tasks.rules.checks.words import pattern, words
from tasks.rules.folding import fold

ECHO = 3  # words in a row
VERBATIM = 12
_TELLING = 4  # letters
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{4,}")
_DENSE_ECHO = 4  # signs in a row

_WHAT = (
    r"(?:previous|prior|above|earlier|preceding|all|any|your|these|the|my|other|system|every\w*|rules?|instructions?|"
    r"prompts?|guidelines?|directives?|context|brief)"
)
_VERB = (
    r"(?:respond|reply|answer|write|output|print|say|repeat|include|insert|add|append|mention|tell|send|forward|copy|bcc|"
    r"cc|reveal|list|show|translate|use|put|state|offer|promise|give|recommend|link|visit|click|call|transfer|pay)"
)


def echoes(reading: Reading) -> list[Finding]:
    found = []
    if spoken := pattern("model_speaks").search(reading.text):
        found.append(block("model_speaks", spoken[0]))
    folded = f" {fold(reading.text)} "
    for name, fact in (("name", reading.recipient.name), *reading.recipient.facts.items()):
        if is_instruction(fact):
            echoed = _echoed(fact, folded, reading)
            found.append(block("instruction_echo", echoed) if echoed else warn("instruction_in_facts", name))
        elif len(fact) >= VERBATIM and name == "notes" and (quoted := _quoted(fact, folded)):
            found.append(warn("notes_quoted", quoted))
    return list({(one.check, one.detail): one for one in found}.values())


@lru_cache(maxsize=65536)
def is_instruction(fact: str) -> bool:
    return len(fact) > 3 and pattern("instructions", WHAT=_WHAT, VERB=_VERB).search(fact) is not None  # noqa: PLR2004 (too short to tell anything to do)


def honest_facts(reading: Reading) -> list[str]:
    """What a mail may rest on: nothing that tells somebody to do something."""
    return [fact for fact in reading.recipient.facts.values() if not is_instruction(fact)]


def _echoed(fact: str, folded: str, reading: Reading) -> str:
    """A run of its words, or one telling word of it, that stands in the mail and in nothing the mail may rest on."""
    return _run(fact, folded, reading) or _telling_word(fact, folded, reading) or _dense_run(fact, reading)


def _run(fact: str, folded: str, reading: Reading) -> str:
    return next((run for run in _runs(fact, ECHO) if f" {run} " in folded and not _is_honest(run, reading)), "")


def _quoted(fact: str, folded: str) -> str:
    return next((run for run in _runs(fact, VERBATIM) if f" {run} " in folded), "")


def _runs(fact: str, length: int) -> Iterator[str]:
    """Its words, so many in a row; all of them where it has no more."""
    said = fold(fact).split()
    return (" ".join(said[at : at + length]) for at in range(max(len(said) - length, 0) + 1) if said)


def _telling_word(fact: str, folded: str, reading: Reading) -> str:
    said = dict.fromkeys(word for word in fold(fact).split() if len(word) >= _TELLING or word.isdecimal())
    telling = (word for word in said if word not in words("instructing") and f" {word} " in folded)
    return next((word for word in telling if not _is_honest(word, reading)), "")


def _dense_run(fact: str, reading: Reading) -> str:
    """In scripts without blanks: so many signs in a row."""
    known = "\n".join((reading.ours.text, *honest_facts(reading)))
    runs = (part[at : at + _DENSE_ECHO] for part in _DENSE.findall(fact) for at in range(len(part) - _DENSE_ECHO + 1))
    return next((run for run in runs if run in reading.text and run not in known), "")


def _is_honest(phrase: str, reading: Reading) -> bool:
    return f" {phrase} " in reading.ours.folded or any(
        f" {phrase} " in f" {fold(one)} " for one in honest_facts(reading)
    )
