"""Run maintenance chores one after another, with counts; a failing chore does not keep the others from running."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from logging import Logger, LoggerAdapter
from typing import Any


class ChoresLeft(Exception):
    """Some chores failed; the others were done. The text names the failed ones."""


@dataclass(slots=True)
class Chores:
    """`thorough` includes the daily chores. `note` is called with the name of each chore done."""

    log: "Logger | LoggerAdapter[Any]"
    thorough: bool = True
    note: Callable[[str], object] = lambda _name: None
    done: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    async def do(self, name: str, chore: Callable[[], Any]) -> None:
        """`chore` returns the number of items processed, or a count by kind."""
        try:
            found = chore()
            counted = await found if inspect.isawaitable(found) else found
        except Exception:
            self.failed.append(name)
            self.log.exception("%s: failed", name)
            return
        self.note(name)
        self.done[name] = counted
        self.log.info("%s: %s", name, counted if isinstance(counted, int) else dict(counted))

    async def nightly(self, name: str, chore: Callable[[], Any]) -> None:
        if self.thorough:
            await self.do(name, chore)

    def close(self) -> None:
        if self.failed:
            left, every = len(self.failed), len(self.failed) + len(self.done)
            raise ChoresLeft(f"{left} of {every} chores failed: {', '.join(self.failed)}; this run's log says why")
