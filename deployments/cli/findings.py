"""A finding of `contactflow doctor`: what was checked, the result, and how to fix it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    fine: bool
    told: str
    mend: str = ""


def finding(what: str, fine: bool, told: str, mend: str) -> Finding:  # noqa: FBT001 (calls read as rows of a table)
    return Finding(what, fine, told, "" if fine else mend)
