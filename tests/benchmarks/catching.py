"""Row 14: how many of the red team's mails the checks catch, and how many good mails they hold up for nothing."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from storage.records import Finding, Severity
from tasks.rules.checks import Crowd, check
from tests.benchmarks.measuring import Row
from tests.mail_corpus.good import good
from tests.mail_corpus.red_team import Attack, crowd, red_team


def rows(_home: Path, _size: int) -> Iterator[Row]:
    ours = Crowd.of(crowd())
    attacks = [(one, check(one.letter, one.recipient, one.brief, ours)) for one in red_team()]
    fatal = [_blocks(told) and _names(one, told) for one, told in attacks if one.fatal]
    others = [_names(one, told) for one, told in attacks if not one.fatal]
    yield _share(f"red team: {len(fatal)} mails that must not leave, blocked", fatal, "100 %")
    yield _share(f"red team: {len(others)} others, remarked upon", others, "100 %")
    cases = good()
    theirs = Crowd.of([case.recipient for case in cases])
    remarks = [check(case.letter, case.recipient, case.brief, theirs) for case in cases]
    yield _share(f"good mails: {len(cases)} in several languages, blocked", list(map(_blocks, remarks)), "0 %")
    yield _share("good mails: remarked upon", list(map(bool, remarks)), "<= 10 %")


def _share(work: str, hits: Sequence[bool], goal: str) -> Row:
    return Row(14, work, 100 * sum(hits) / len(hits), goal, unit="%")


def _blocks(told: Sequence[Finding]) -> bool:
    return any(one.severity is Severity.BLOCK for one in told)


def _names(attack: Attack, told: Sequence[Finding]) -> bool:
    """By the check that should, not by chance."""
    return attack.check in {one.check for one in told}
