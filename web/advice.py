"""Suggestions of assistants about a run: shown beside the row or mail concerned, and applied only by a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from storage.campaign import mails
from storage.organization import suggestions
from storage.records import Advice, ChangeState, Deed, MailState, Run, RunKind, Suggestion
from storage.session import Session
from storage.sync import plans
from web.visits import Refusal, Visit

DEED_OF = {Advice.APPROVE: Deed.APPROVED, Advice.REJECT: Deed.REJECTED}
WHOLE = 0  # the number of suggestions about the run as a whole


@dataclass(frozen=True, slots=True)
class Advised:
    """`of` is by row number. `to_follow` counts, per advice, the undecided rows on which all suggestions agree."""

    of: Mapping[int, Sequence[Suggestion]]
    to_follow: Mapping[Advice, int]
    newest: str

    @property
    def is_there(self) -> bool:
        return bool(self.of)

    def about(self, number: int) -> Sequence[Suggestion]:
        return self.of.get(number, ())


def advised(session: Session, visit: Visit, run: Run, *, waits: bool) -> Advised:
    found = suggestions.suggestions(session, visit.scope, run)
    of = {number: tuple(some) for number, some in groupby(found, key=lambda one: one.number)}
    to_follow = {
        advice: len(_undecided(session, visit, run, _agreed(found, advice)))
        for advice in DEED_OF
        if waits and any(one.advice is advice for one in found)
    }
    return Advised(of, to_follow, max((one.id for one in found), default=""))


def to_follow(session: Session, visit: Visit, run: Run) -> tuple[Deed, list[str]]:
    """The decision and the ids of its rows or mails. Suggestions newer than the page that was shown are ignored."""
    word, newest = visit.form.one("advised"), visit.form.one("newest")
    if word not in DEED_OF:
        raise Refusal(400, "No such suggestion", "Load the page again.")
    seen = [one for one in suggestions.suggestions(session, visit.scope, run) if one.id <= newest]
    chosen = _undecided(session, visit, run, _agreed(seen, Advice(word)))
    if not chosen:
        raise Refusal(409, "Nothing is left to follow", "All that was suggested is decided. Load the page again.")
    return DEED_OF[Advice(word)], chosen


def _agreed(found: Sequence[Suggestion], advice: Advice) -> list[int]:
    """Numbers of the rows on which all suggestions give this advice."""
    by_row = {number: {one.advice for one in some} for number, some in groupby(found, key=lambda one: one.number)}
    return [number for number, said in by_row.items() if number != WHOLE and said == {advice}]


def _undecided(session: Session, visit: Visit, run: Run, numbers: Sequence[int]) -> list[str]:
    if not numbers:
        return []
    if run.kind is RunKind.SYNC:
        rows = plans.changes(
            session, visit.scope, run.id, None, ordinals=numbers, states=[ChangeState.PROPOSED], limit=len(numbers)
        )
        return [row.id for row in rows]
    found = mails.mails(
        session, visit.scope, run.id, None, ordinals=numbers, states=[MailState.GENERATED], limit=len(numbers)
    )
    return [mail.id for mail in found]
