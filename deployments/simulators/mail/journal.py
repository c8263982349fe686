"""An append-only file of what happened, read again at the next start."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec


@dataclass(slots=True)
class Journal:
    """Each entry is one line, `[kind, what]`; without a path nothing is written.

    One write for all entries of one event: whoever is killed between two events has either none of it or all of it.
    """

    path: Path | None = None
    _file: int = field(init=False, default=-1)

    def append(self, *entries: tuple[str, Any]) -> None:
        if self.path is None:
            return
        if self._file < 0:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        text = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        while text:
            text = text[os.write(self._file, text) :]

    def entries(self) -> Iterator[tuple[str, msgspec.Raw]]:
        """What was written; a last line that is not whole goes."""
        if self.path is None or not self.path.exists():
            return
        whole = 0
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    whole += len(line)
                    yield msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
        os.truncate(self.path, whole)

    def forget(self) -> None:
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
