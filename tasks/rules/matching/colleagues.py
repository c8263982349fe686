"""Two people to whom one domain gave an address each, in their own names: nearly alike in writing, but two."""

from tasks.rules.folding import fold_name
from tasks.rules.mail_addresses import Mailbox
from tasks.rules.matching.levels import Email, Evidence, Family, Given
from tasks.rules.matching.traits import Traits

_SHARED = (Email.UNKNOWN, Email.SAME)


def are_colleagues(one: Traits, other: Traits, evidence: Evidence) -> bool:
    """A slip of the pen changes a name or an address; that it changes both alike is no slip."""
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
    """Neither for a short form, an initial or a double name: who has these may well have two addresses."""
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
