"""Great Expectations over the staged batch: is the read as a whole plausible?

Single bad records were set aside when they were staged.
"""

from dataclasses import dataclass

from prefect import task
from prefect.artifacts import create_markdown_artifact

from storage.organization import tenants
from storage.records import SyncStatus
from storage.session import open_store
from storage.sync import staging, syncs
from tasks.providers.expectations import LARGEST_RECORD, REACHABLE, met


class ValidationFailed(Exception):
    """A critical expectation was not met, so no plan was made."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation of the suite, and what to tell a person if it fails."""

    name: str
    critical: bool
    met: bool
    meaning: str


@task
def validate(sync_id: str) -> None:
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        before = _seen_last_time(syncs.syncs(session, scope), sync) if sync.full else 0
    results = expectations(staging.sizes(sync_id), seen_before=before)
    create_markdown_artifact(_report(results), key=f"validation-{sync_id}", description="Great Expectations report")
    failed = [result for result in results if not result.met]
    if critical := [result.meaning for result in failed if result.critical]:
        raise ValidationFailed(f"{'; '.join(critical)}: see the report validation-{sync_id} of this run")
    with store.begin() as session:
        warnings = dict.fromkeys([*sync.warnings, *(result.meaning for result in failed)])
        syncs.note(session, scope, sync_id, warnings=list(warnings))


def expectations(rows: list[tuple[str, int, int, int]], *, seen_before: int = 0) -> list[Expected]:
    """`rows` are (source id, bytes, addresses, numbers). Empty batches meet every expectation: a delta may be empty."""
    if not rows:
        return []
    outcome = met("people", rows, seen_before)
    return [
        Expected(name, critical, outcome[name], meaning)
        for name, critical, meaning in (
            ("ids present", True, "some records have no id"),
            ("ids unique", True, "some ids come twice"),
            ("sane sizes", True, f"some records are larger than {LARGEST_RECORD // 1024} kB"),
            ("reachable", False, f"less than {REACHABLE:.0%} of the records have an e-mail address or a phone number"),
            ("row count", False, f"far fewer records than the {seen_before} of the last full read"),
        )
    ]


def _seen_last_time(earlier: list[syncs.Sync], sync: syncs.Sync) -> int:
    """The number of records in the last full read of this account."""
    same = (one for one in earlier if one.account == sync.account and one.full and one.status is SyncStatus.COMPLETED)
    return next((one.statistics.total - one.statistics.removed for one in same), 0)


def _report(results: list[Expected]) -> str:
    lines = [
        f"| {result.name} | {'met' if result.met else '**not met**'} | {'critical' if result.critical else 'warning'} |"
        for result in results
    ]
    return "\n".join(["| expectation | result | severity |", "|---|---|---|", *lines])
