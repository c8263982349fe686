"""How a stranger would ask what another organization holds of a person, or erase them there."""

from collections.abc import Callable
from typing import Any

from storage.campaign import suppressions
from storage.privacy import erasing, erasures, holdings, mail_erasure, plan_erasure
from storage.privacy.traces import Traces, traces_of
from storage.records import Labelled, Person
from storage.scope import Scope
from storage.session import Session
from tasks.rules.accounting import forecast
from tasks.rules.identity import KNOWN_BY, whom

NAMED = Person(display_name="Anybody", emails=(Labelled("any@body.example"),))


def filled_erasure(session: Session, scope: Scope, mark: str) -> None:
    erasures.remember(session, scope, [f"key of {mark}"])


def them(theirs: Any) -> Any:
    return whom(f"person@{theirs.mark}.example")


PRIVACY_AS_A_STRANGER: dict[str, Callable[[Session, Scope, Any], Any]] = {
    "erasing.erase": lambda s, me, it: erasing.erase(s, me, them(it), forecast, by="me").counts or None,
    "erasures.lock_erasures": lambda s, me, _: erasures.lock_erasures(s, me),
    "erasures.keys_of": lambda s, me, it: (
        erasures.keys_of(s, me, KNOWN_BY, NAMED) == erasures.keys_of(s, it.scope, KNOWN_BY, NAMED)
    ),
    "erasures.known": lambda s, me, it: f"key of {it.mark}" in erasures.known(s, me).keys,
    "erasures.lift": lambda s, me, it: erasures.lift(s, me, [f"key of {it.mark}"]),
    "erasures.fact_key": lambda s, me, it: (
        erasures.fact_key(s, me, ["ann", ""]) == erasures.fact_key(s, it.scope, ["ann", ""])
    ),
    "erasures.number_key": lambda s, me, it: erasures.number_key(s, me, "1") == erasures.number_key(s, it.scope, "1"),
    "erasures.record_keys": lambda s, me, it: (
        erasures.record_keys(s, me, "g", "1") == erasures.record_keys(s, it.scope, "g", "1")
    ),
    "erasures.remember": lambda s, me, _: erasures.remember(s, me, ["mine"]) - 1,
    "holdings.holdings": lambda s, me, it: holdings.holdings(s, me, them(it)),
    "holdings.known_as": lambda s, me, it: (
        holdings.known_as(s, it.scope, them(it)) == holdings.known_as(s, me, them(it))
    ),
    "mail_erasure.empty": lambda s, me, it: mail_erasure.empty(s, me, {it.mail.mail_id: it.mail.campaign_id}),
    "plan_erasure.empty": lambda s, me, it: plan_erasure.empty(s, me, them(it), Traces(past={it.change_id}), forecast),
    "suppressions.no_longer_for_good": lambda s, me, it: suppressions.no_longer_for_good(s, me, [it.mail.address_hash]),
    "suppressions.suppress_for_good": lambda s, me, it: suppressions.suppress_for_good(s, me, [f"hash of {it.mark}"]),
    "traces.traces_of": lambda s, me, it: not traces_of(s, me, them(it)).is_empty,
}
