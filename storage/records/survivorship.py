"""Which of two values of a field survives: the rules there are, what holds without further ado, and what an
organization may say instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from storage.records.organizations import Provider
from storage.records.people import Person

MANUAL = "manual"
ALL_OTHERS = "default"


class Rule(StrEnum):
    """Each prefers one of two values, or abstains and leaves it to the next."""

    MANUAL_EDIT = "manual_edit"
    TRUSTED_SOURCE = "trusted_source"
    MOST_RECENT = "most_recent"
    LONGEST = "longest"


RULES: Mapping[str, tuple[Rule, ...]] = {
    ALL_OTHERS: (Rule.MANUAL_EDIT, Rule.TRUSTED_SOURCE, Rule.MOST_RECENT),
    # The longer one says more: a name written out, a birthday with its year, notes that somebody added to.
    "middle_name": (Rule.MANUAL_EDIT, Rule.LONGEST, Rule.TRUSTED_SOURCE, Rule.MOST_RECENT),
    "birthday": (Rule.MANUAL_EDIT, Rule.LONGEST, Rule.TRUSTED_SOURCE, Rule.MOST_RECENT),
    "notes": (Rule.MANUAL_EDIT, Rule.LONGEST, Rule.TRUSTED_SOURCE, Rule.MOST_RECENT),
}
# Multi-valued fields are merged as sets and need no rule.
_RULED = tuple(one.name for one in fields(Person) if one.type is str or one.type == "str")
_KNOWN_SOURCES = (*Provider, MANUAL)
_CONNECTION_ID = 36
_HOW = "survivorship: write field=rule, such as job_title=longest; default=manual_edit,most_recent"


class BadSurvivorship(ValueError):
    """Invalid survivorship settings. The text names the place and what is valid there."""


@dataclass(frozen=True, slots=True)
class Survivorship:
    """For each field the rules in the order in which they are asked. Of `trusted_sources`, the first is trusted most:
    providers, `manual`, or the ids of single connections.
    """

    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=lambda: RULES)
    trusted_sources: tuple[str, ...] = ()

    def for_field(self, name: str) -> tuple[Rule, ...]:
        return self.rules.get(name, self.rules[ALL_OTHERS])


def survivorship_of(said: object, trusted_sources: object = ()) -> Survivorship:
    """From an organization's settings: `job_title=longest; default=manual_edit,most_recent`, or the same as JSON."""
    if isinstance(said, str):
        said = dict(_assignment(part) for part in said.split(";") if part.strip())
    if not isinstance(said, Mapping):
        raise BadSurvivorship(_HOW)
    own = {str(name): _rules(str(name), value) for name, value in said.items()}
    # A given `default` replaces all built-in rules, also those of fields with rules of their own.
    return Survivorship((dict(RULES) if ALL_OTHERS not in own else {}) | own, _sources(trusted_sources))


def _assignment(text: str) -> tuple[str, str]:
    name, is_there, rules = text.partition("=")
    if not is_there:
        raise BadSurvivorship(_HOW)
    return name.strip(), rules


def _rules(name: str, said: object) -> tuple[Rule, ...]:
    if name not in (*_RULED, ALL_OTHERS):
        raise BadSurvivorship(
            f"survivorship: {name!r} is no field with a single value; there are {', '.join((*_RULED, ALL_OTHERS))}"
        )
    words = _words(said, f"survivorship.{name}")
    if unknown := [word for word in words if word not in list(Rule)]:
        raise BadSurvivorship(f"survivorship.{name}: {unknown[0]!r} is no rule; there are {', '.join(Rule)}")
    if not words:
        raise BadSurvivorship(f"survivorship.{name}: name at least one of {', '.join(Rule)}")
    return tuple(Rule(word) for word in dict.fromkeys(words))


def _sources(said: object) -> tuple[str, ...]:
    words = _words(said, "trusted_sources")
    for word in words:
        if word not in _KNOWN_SOURCES and len(word) != _CONNECTION_ID:
            raise BadSurvivorship(
                f"trusted_sources: {word!r} is neither {', '.join(_KNOWN_SOURCES)} nor the id of a connection"
            )
    return tuple(dict.fromkeys(words))


def _words(said: Any, where: str) -> Sequence[str]:
    if isinstance(said, str):
        return [word.strip() for word in said.split(",") if word.strip()]
    if isinstance(said, list | tuple) and all(isinstance(word, str) for word in said):
        return said
    raise BadSurvivorship(f"{where}: a word, or a list of words")
