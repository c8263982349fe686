"""Verify the hash chain of every organization's audit log."""

from storage import audit
from storage.organization import tenants
from storage.session import Store
from tasks.providers.flow_runs.events import notify
from tasks.upkeep.sweeping import whole


class AuditBroken(Exception):
    """Entries were changed, added or removed. The text names the organization and the first broken entry."""


def verify_audit(store: Store) -> int:
    """Returns the number of verified entries. Raises AuditBroken."""
    entries, broken = 0, []
    with store.read() as session:
        slugs = {one.id: one.slug for one in tenants.organizations_all(session)}
    for organization_id, slug in slugs.items():
        with store.read() as session:
            found = audit.verify(session, whole(organization_id))
        entries += found.entries
        if found.broken_at:
            broken.append(f"of {slug} at entry {found.broken_at}")
            notify("chain-broken", slug, {"entry": found.broken_at}, about="audit")
    if broken:
        raise AuditBroken(f"the audit log was tampered with: {', '.join(broken)}; `contactflow audit verify` shows it")
    return entries
