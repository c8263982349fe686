"""What one card or one row of a file says, before it has an id of its own."""

from dataclasses import dataclass
from datetime import datetime

from storage.records import Person


@dataclass(frozen=True, slots=True)
class Draft:
    """`where` names the place in the file ("row-12"); without a person, `reason` says why there is none."""

    where: str
    person: Person | None = None
    reason: str = ""
    source_id: str = ""
    version: str = ""
    modified_at: datetime | None = None
