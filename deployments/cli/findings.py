"""A finding of the doctor: what was checked, its state, and how to repair it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    fine: bool
    told: str
    mend: str = ""


def finding(what: str, fine: bool, told: str, mend: str) -> Finding:  # noqa: FBT001 (a row of a table)
    return Finding(what, fine, told, "" if fine else mend)
