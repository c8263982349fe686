"""Vectors of contacts, kept beside them: they go when the contact goes, and are made anew when it changes."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select

from storage.documents import new_id, now
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import contact_vectors as table

BATCH = 500


@scoped
def vectors(session: Session, scope: Scope, model: str) -> dict[str, tuple[str, bytes]]:
    """Contact id → (hash of the text that was put in, vector)."""
    query = select(table.c.object_id, table.c.text_hash, table.c.vector).where(
        of_organization(table, scope), table.c.model == model
    )
    return {row.object_id: (row.text_hash, row.vector) for row in session.execute(query)}


@scoped
def keep(session: Session, scope: Scope, model: str, made: Mapping[str, tuple[str, bytes]]) -> None:
    """Each takes the place of the one before it."""
    moment, ids = now(), list(made)
    for start in range(0, len(ids), BATCH):
        batch: Sequence[str] = ids[start : start + BATCH]
        session.execute(delete(table).where(of_organization(table, scope), table.c.object_id.in_(batch)))
        session.execute(
            insert(table),
            [
                {
                    "id": new_id(), "organization_id": scope.organization_id, "object_id": object_id, "model": model,
                    "text_hash": made[object_id][0], "vector": made[object_id][1], "updated_at": moment,
                }
                for object_id in batch
            ],
        )  # fmt: skip
