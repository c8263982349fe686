"""What is wrong with a letter, told without a model: `block` cannot be approved unedited, `warn` is shown first."""

from collections.abc import Iterable

from storage.records import BLOCKED_FROM, Brief, Finding, Letter, Recipient, Severity
from tasks.rules.checks.addresses import addresses
from tasks.rules.checks.claims import claims
from tasks.rules.checks.crowd import NOBODY, Crowd, others
from tasks.rules.checks.echoes import echoes, is_instruction
from tasks.rules.checks.footer import check_frame
from tasks.rules.checks.form import form
from tasks.rules.checks.greeting import greeting
from tasks.rules.checks.leftovers import leftovers
from tasks.rules.checks.reading import Check, read, warn
from tasks.rules.checks.scripts import scripts
from tasks.rules.checks.twins import near_duplicates

__all__ = ["NOBODY", "Crowd", "check", "check_frame", "is_instruction", "near_duplicates", "risk"]

_CHECKS: tuple[Check, ...] = (scripts, leftovers, greeting, addresses, echoes, claims, form)
_OF_A_WARNING = 10
_MOST = 1000


def check(letter: Letter, recipient: Recipient, brief: Brief, crowd: Crowd = NOBODY) -> tuple[Finding, ...]:
    """`crowd` is made once of all recipients of the campaign. Gravest first."""
    reading = read(letter, recipient, brief)
    found = [finding for one in _CHECKS for finding in one(reading)]
    found += others(reading, crowd)
    known = {*recipient.facts, *(f"us_{number}" for number in range(1, len(brief.facts) + 1))}
    cited = {fact for one in letter.paragraphs for fact in one.fact_ids}
    found += [warn("unknown_fact", fact) for fact in sorted(cited - known)]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.severity is not Severity.BLOCK, one.check)))


def risk(findings: Iterable[Finding]) -> int:
    """0 for nothing to remark; any block weighs more than all warnings do."""
    blocks = [one.severity is Severity.BLOCK for one in findings]
    warnings = (len(blocks) - sum(blocks)) * _OF_A_WARNING
    return min(sum(blocks) * BLOCKED_FROM + min(warnings, BLOCKED_FROM - 1), _MOST)
