"""What assistants advised in one organization, and how a stranger would call for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from storage import hash_keys
from storage.organization import suggestions
from storage.records import Advice, Run, RunKind
from storage.scope import Scope
from storage.session import Session

if TYPE_CHECKING:
    from tests.storage.isolation import World


def filled_suggestions(session: Session, scope: Scope, sync_id: str, mark: str) -> None:
    suggestions.suggest(session, scope, Run(RunKind.SYNC, sync_id), 1, Advice.LOOK, mark, by=f"assistant of {mark}")


def theirs(it: "World") -> Run:
    return Run(RunKind.SYNC, it.sync_id)


SUGGESTIONS_AS_A_STRANGER: "dict[str, Callable[[Session, Scope, World], Any]]" = {
    "hash_keys.demand_key": lambda s, me, _: hash_keys.demand_key(s, me),
    "hash_keys.leave_mark": lambda s, me, _: hash_keys.leave_mark(s, me),
    "suggestions.suggest": lambda s, me, it: suggestions.suggest(s, me, theirs(it), 1, Advice.REJECT, "mine", by="me"),
    "suggestions.take_out": lambda s, me, it: suggestions.take_out(s, me, theirs(it), [1]),
    "suggestions.suggestions": lambda s, me, it: suggestions.suggestions(s, me, theirs(it)),
}
