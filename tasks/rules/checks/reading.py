"""A letter as the checks read it: its words without marks, and what it may rest on."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from storage.records import Brief, Finding, Letter, Recipient, Severity
from tasks.rules.folding import fold, fold_name
from tasks.rules.letters.markup import plain

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the brief says: as text, folded with a blank at either end, and its words."""

    text: str
    folded: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """`greeting` and `body` are what is read, `text` all of it with subject and preheader, one line a part."""

    letter: Letter
    recipient: Recipient
    brief: Brief
    ours: Grounds
    theirs: Grounds
    subject: str
    greeting: str
    body: str
    text: str

    def knows(self, folded: str) -> bool:
        """Whether the brief or the contact's own facts hold these words, in this order."""
        return f" {folded} " in self.ours.folded or f" {folded} " in self.theirs.folded


Check = Callable[[Reading], list[Finding]]


def read(letter: Letter, recipient: Recipient, brief: Brief) -> Reading:
    greeting = plain(letter.greeting)
    body = "\n".join(plain(one.text) for one in letter.paragraphs)
    text = f"{letter.subject}\n{letter.preheader}\n{greeting}\n{body}"
    theirs = "\n".join((recipient.name, *recipient.facts.values()))
    return Reading(
        letter, recipient, brief, grounds_of(brief), grounds(theirs), letter.subject, greeting, body,
        text if text.isascii() else normalize("NFKC", text),
    )  # fmt: skip


def grounds_of(brief: Brief) -> Grounds:
    links = brief.links or {}
    return grounds("\n".join((brief.subject, brief.text, brief.sender, *brief.facts, *links, *links.values())))


@lru_cache(maxsize=1024)
def grounds(text: str) -> Grounds:
    folded = f" {fold(text)} {fold_name(text)} "
    return Grounds(text, folded, frozenset(folded.split()))


def block(check: str, detail: str = "") -> Finding:
    return Finding(check, Severity.BLOCK, detail[:200])


def warn(check: str, detail: str = "") -> Finding:
    return Finding(check, Severity.WARN, detail[:200])
