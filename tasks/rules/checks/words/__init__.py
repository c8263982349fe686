"""Lists that people maintain, one file a list: words parted by blanks or patterns, lines with # are remarks."""

import re
from functools import cache
from pathlib import Path
from types import MappingProxyType


@cache
def words(name: str) -> frozenset[str]:
    return frozenset(word for line in _lines(name) for word in line.split())


@cache
def numbered(name: str) -> MappingProxyType[str, int]:
    """Each word with the number of its line, from one on."""
    return MappingProxyType({word: at for at, line in enumerate(_lines(name), 1) for word in line.split()})


@cache
def pattern(name: str, **standing_for: str) -> re.Pattern[str]:
    """Any of the list's patterns; words in capitals stand for what is given."""
    alternatives = "|".join(_lines(name))
    for word, meaning in standing_for.items():
        alternatives = alternatives.replace(word, meaning)
    return re.compile(alternatives, re.IGNORECASE)


def _lines(name: str) -> list[str]:
    text = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("# ")]
