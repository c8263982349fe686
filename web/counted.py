"""Review groups with their counts, for the rows of a plan and the mails of a campaign."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    @property
    def key(self) -> str: ...

    @property
    def is_decidable(self) -> bool: ...


G = TypeVar("G", bound=Keyed)
Count = Callable[[G], int]


@dataclass(frozen=True, slots=True)
class Counted(Generic[G]):
    """A group's total, and how many are undecided."""

    group: G
    total: int
    waiting: int


def counted_in(groups: Iterable[G], total: Count[G], waiting: Count[G]) -> list[Counted[G]]:
    """Non-empty groups in the order of review."""
    found = (Counted(group, total(group), waiting(group) if group.is_decidable else 0) for group in groups)
    return [one for one in found if one.total]


def chosen(key: str, there: Sequence[Counted[G]]) -> Counted[G] | None:
    """The group asked for, or the first with something undecided."""
    named = (one for one in there if one.group.key == key)
    waiting = (one for one in there if one.waiting)
    return next(named, None) or next(waiting, None) or next(iter(there), None)
