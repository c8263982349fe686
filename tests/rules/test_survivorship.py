"""Which value a conflict proposes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.rules.survivorship import MANUAL, proposal

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def proposed(ours: Any, theirs: Any, origin: dict[str, Any] | None = None, modified_at: datetime | None = NOON) -> Any:
    provenance = {"company": origin} if origin else {}
    return proposal("company", ours, theirs, provenance=provenance, modified_at=modified_at)


@pytest.mark.parametrize(("ours", "theirs"), [("Acme", ""), ("", "Acme")])
def test_something_beats_nothing(ours: str, theirs: str) -> None:
    assert proposed(ours, theirs) == "Acme"
    assert proposed(ours, theirs, {"source": MANUAL, "at": NOON.isoformat()}) == "Acme"


def test_what_a_person_typed_beats_what_a_machine_brought_however_new() -> None:
    assert proposed("ours", "theirs", {"source": MANUAL, "at": (NOON - HOUR).isoformat()}) == "ours"


@pytest.mark.parametrize(("age", "winner"), [(-HOUR, "theirs"), (HOUR, "ours"), (timedelta(0), "ours")])
def test_of_two_machines_the_more_recent_wins(age: timedelta, winner: str) -> None:
    assert proposed("ours", "theirs", {"source": "google", "at": (NOON + age).isoformat()}) == winner


def test_in_doubt_the_crm_stays_as_it_is() -> None:
    assert proposed("ours", "theirs") == "ours"
    assert proposed("ours", "theirs", {"source": "google"}) == "ours"
    assert proposed("ours", "theirs", {"source": "google", "at": NOON.isoformat()}, modified_at=None) == "ours"


def test_where_another_field_came_from_does_not_matter() -> None:
    provenance = {"notes": {"source": "google", "at": (NOON - HOUR).isoformat()}}
    assert proposal("company", "ours", "theirs", provenance=provenance, modified_at=NOON) == "ours"
