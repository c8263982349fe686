"""The contents of one card or row of a file, before it is given a unique id."""

from dataclasses import dataclass
from datetime import datetime

from storage.records import Person


@dataclass(frozen=True, slots=True)
class Draft:
    """`where` is the place in the file ("row-12"), `source_id` the file's own id, if any.

    Without a person, `reason` says why there is none.
    """

    where: str
    person: Person | None = None
    reason: str = ""
    source_id: str = ""
    version: str = ""
    modified_at: datetime | None = None
