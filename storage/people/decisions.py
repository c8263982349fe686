"""What people said of doubtful matches. Remembered for ever, so that nobody is asked twice."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, select, update

from storage.documents import new_id, now
from storage.records import Verdict
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import match_decisions as table

RENAMED = "as of its former name"


@scoped
def remember(
    session: Session, scope: Scope, *, account: str, source_id: str, object_id: str, verdict: Verdict, decided_by: str
) -> None:
    """A later decision replaces an earlier one."""
    pair = (
        of_organization(table, scope)
        & (table.c.account == account)
        & (table.c.source_id == source_id)
        & (table.c.object_id == object_id)
    )
    word = {"verdict": verdict, "decided_by": decided_by, "created_at": now()}
    if session.execute(update(table).where(pair).values(**word)).rowcount == 0:
        session.execute(
            insert(table).values(
                id=new_id(),
                organization_id=scope.organization_id,
                account=account,
                source_id=source_id,
                object_id=object_id,
                **word,
            )
        )


@scoped
def withdraw(session: Session, scope: Scope, account: str, said: Iterable[tuple[str, str]]) -> None:
    """Forget that these pairs (source id, contact id) are one person, so that they are asked about again."""
    mine = of_organization(table, scope) & (table.c.account == account) & (table.c.verdict == Verdict.SURE)
    for source_id, object_id in said:
        pair = (table.c.source_id == source_id) & (table.c.object_id == object_id)
        session.execute(delete(table).where(mine, pair))


@scoped
def follow(session: Session, scope: Scope, account: str, renamed: Mapping[str, str]) -> None:
    """What was said of a source record holds for its new name too; `renamed` is old → new."""
    said = decisions(session, scope, account) if renamed else {}
    moment = now()
    fresh = [
        {
            "id": new_id(),
            "organization_id": scope.organization_id,
            "account": account,
            "source_id": renamed[source_id],
            "object_id": object_id,
            "verdict": verdict,
            "decided_by": RENAMED,
            "created_at": moment,
        }
        for (source_id, object_id), verdict in said.items()
        if source_id in renamed and (renamed[source_id], object_id) not in said
    ]
    if fresh:
        session.execute(insert(table), fresh)


@scoped
def decisions(session: Session, scope: Scope, account: str) -> dict[tuple[str, str], Verdict]:
    """(source id, contact id) → what was said."""
    rows = session.execute(select(table).where(of_organization(table, scope), table.c.account == account))
    return {(row.source_id, row.object_id): Verdict(row.verdict) for row in rows}
