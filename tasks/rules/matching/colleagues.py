"""Two people with an address each at one domain, spelling their own names: similar in writing, but two people."""

from tasks.rules.folding import fold_name
from tasks.rules.mail_addresses import Mailbox
from tasks.rules.matching.levels import Email, Evidence, Family, Given
from tasks.rules.matching.traits import Traits

_SHARED = (Email.UNKNOWN, Email.SAME)


def are_colleagues(one: Traits, other: Traits, evidence: Evidence) -> bool:
    """A typo changes a name or an address; where both differ in the same way, it is no typo."""
    if evidence.email in _SHARED or not _names_differ(evidence):
        return False
    return any(
        mine.stem == their.stem
        and _spells(mine, one) and not _spells(mine, other)
        and _spells(their, other) and not _spells(their, one)
        for mine in one.mailboxes
        for their in other.mailboxes
    )  # fmt: skip


def _names_differ(evidence: Evidence) -> bool:
    """False for a short form, an initial or a double name: one person may well have an address for each form."""
    given, family = evidence.given, evidence.family
    if given in (Given.SHORT, Given.INITIAL) or family is Family.PART:
        return False
    return given in (Given.CLOSE, Given.DIFFERENT) or family in (Family.CLOSE, Family.DIFFERENT)


def _spells(box: Mailbox, person: Traits) -> bool:
    given, family = person.given.text, person.family.text
    if not given or not family or box.role:
        return False
    written = fold_name(box.local.rstrip("0123456789")).replace(" ", "")
    long_enough = len(written) >= len(given) + len(family)
    return long_enough and (
        (written.startswith(given) and written.endswith(family))
        or (written.startswith(family) and written.endswith(given))
    )
