"""Groups of what a reviewer looks at, each with its numbers: of a plan's rows and of a campaign's mails alike."""

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
    """How much a group holds, and how much of it nobody has looked at."""

    group: G
    total: int
    waiting: int


def counted_in(groups: Iterable[G], total: Count[G], waiting: Count[G]) -> list[Counted[G]]:
    """Groups that hold something, in the order in which they want to be looked at."""
    found = (Counted(group, total(group), waiting(group) if group.is_decidable else 0) for group in groups)
    return [one for one in found if one.total]


def chosen(key: str, there: Sequence[Counted[G]]) -> Counted[G] | None:
    """The group that was asked for, or the first that has something to look at."""
    named = (one for one in there if one.group.key == key)
    waiting = (one for one in there if one.waiting)
    return next(named, None) or next(waiting, None) or next(iter(there), None)
