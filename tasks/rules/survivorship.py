"""Which value survives where the source and the CRM both changed a field. One readable place for all such rules.

The proposal of a conflict, never its decision: that is the reviewer's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

MANUAL = "manual"


def proposal(field: str, ours: Any, theirs: Any, *, provenance: Mapping[str, Any], modified_at: datetime | None) -> Any:
    """Something beats nothing; a person's own edit beats a machine's; then the more recent; in doubt, the CRM."""
    if not ours or not theirs:
        return ours or theirs
    origin = provenance.get(field, {})
    if origin.get("source") == MANUAL:
        return ours
    if modified_at and "at" in origin:
        return theirs if modified_at > datetime.fromisoformat(origin["at"]) else ours
    return ours
