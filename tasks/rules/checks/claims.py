"""Numbers and days that a mail names must stand in the brief or, where they are no price and no share, in the facts."""

import re
from dataclasses import dataclass
from functools import lru_cache

from storage.records import Finding
from tasks.rules.checks.echoes import honest_facts
from tasks.rules.checks.reading import Reading, block, warn
from tasks.rules.checks.words import numbered, words
from tasks.rules.folding import fold

SMALL = 10
_MONEY = r"[$€£¥₹]|\b(?:USD|EUR|GBP|CHF)\b|\b(?:euros?|dollars?|pounds?)\b"
_SHARE = r"%|‰|\b(?:percent|per cent|prozent|pour cent|por ciento|por cento|procent|per cento)\b"
_NUMBER = re.compile(
    rf"(?P<before>(?:{_MONEY})\s?)?(?<![^\W\d])"
    r"(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:/’'–-]?\d+)*)"
    rf"(?P<after>\s?(?:{_MONEY}|{_SHARE}))?",
    re.IGNORECASE,
)
_SPELT_SHARE = re.compile(rf"\b([^\W\d_]+)\s(?:{_SHARE})", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:-feira)?")
_NEAR = 2


@dataclass(frozen=True, slots=True)
class _Known:
    """Numbers, as digits without what parts or leads them, and days of the week and months by number."""

    numbers: frozenset[str]
    days: frozenset[int]
    months: frozenset[int]


def claims(reading: Reading) -> list[Finding]:
    ours = _known(reading.ours.text)
    theirs = _known("\n".join((reading.recipient.name, *honest_facts(reading))))
    return [*_numbers(reading, ours, theirs), *_days(reading, ours, theirs)]


def _numbers(reading: Reading, ours: _Known, theirs: _Known) -> list[Finding]:
    found = []
    for match in _NUMBER.finditer(reading.text):
        costs = bool(match["before"] or match["after"])
        known = ours.numbers if costs else ours.numbers | theirs.numbers
        if not _is_known(match["number"], known):
            small = not costs and match["number"].isdecimal() and _is_small(match["number"])
            found.append((warn if small else block)("unsupported_number", match[0].strip()))
    shares = (match for match in _SPELT_SHARE.finditer(reading.text) if match[1])
    unknown = (match for match in shares if f" {fold(match[1])} " not in reading.ours.folded)
    return found + [block("unsupported_number", match[0]) for match in unknown]


def _days(reading: Reading, ours: _Known, theirs: _Known) -> list[Finding]:
    found = []
    tokens = re.findall(r"[^\W_]+(?:-feira)?", reading.text)
    for at, token in enumerate(tokens):
        folded = _day_word(token)
        day, month = numbered("days").get(folded), numbered("months").get(folded)
        if day and day not in ours.days | theirs.days:
            found.append(block("unsupported_date", token))
        if month and month not in ours.months | theirs.months and _is_month(folded, tokens, at):
            found.append(block("unsupported_date", token))
    return found


def _is_month(folded: str, tokens: list[str], at: int) -> bool:
    """Months that are words or names as well count beside a number only."""
    beside = tokens[max(at - 1, 0) : at] + tokens[at + 1 : at + _NEAR]
    return folded not in words("doubtful_months") or any(token[0].isdigit() for token in beside)


@lru_cache(maxsize=1024)
def _known(text: str) -> _Known:
    numbers = {form for match in _NUMBER.finditer(text) for form in _forms(match["number"])}
    folded = [_day_word(word) for word in _WORD.findall(text)]
    days = {numbered("days")[word] for word in folded if word in numbered("days")}
    months = {numbered("months")[word] for word in folded if word in numbered("months")}
    numbers |= {str(month) for month in months}
    numbers |= {str(numbered("numbers")[word]) for word in folded if word in numbered("numbers")}
    months |= {int(number) for number in numbers if len(number) <= 2 and 1 <= int(number) <= 12}  # noqa: PLR2004 (months)
    # Half past two is 2:30 or 14:30.
    numbers |= {str(int(n) + 12) for n in numbers if len(n) <= 2 and int(n) < 12}  # noqa: PLR2004 (hours)
    return _Known(frozenset(numbers), frozenset(days), frozenset(months))


def _day_word(word: str) -> str:
    return fold(word).replace(" ", "-")


def _forms(number: str) -> set[str]:
    pieces = re.split(r"\D", number)
    return {_bare(piece) for piece in pieces} | {_bare("".join(pieces))}


def _is_small(digits: str) -> bool:
    bare = _bare(digits)
    return len(bare) <= len(str(SMALL)) and int(bare) <= SMALL  # Python refuses to read a number of thousands of digits


def _bare(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _is_known(number: str, known: frozenset[str]) -> bool:
    pieces = re.split(r"\D", number)
    if _bare("".join(pieces)) in known:
        return True
    if len(pieces) == 3 and len(pieces[0]) <= 2 == len(pieces[2]):  # noqa: PLR2004 (a date with a short year)
        pieces[2] = f"20{pieces[2]}"
    # 25.11. may be written 25 November; but what merely begins like something known is not known.
    return len(pieces) > 1 and all(_bare(piece) in known for piece in pieces)
