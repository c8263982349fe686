"""The tables: names, states and indexes that scripts and queries outside may rely on."""

from storage.tables.base import metadata
from storage.tables.crm import match_decisions, object_actions, object_links, objects
from storage.tables.house import audit_log, oauth_connections, organizations, users
from storage.tables.syncs import (
    OPEN_STATUSES,
    contact_sync_changes,
    contact_syncs,
    deferred_records,
    staged_pages,
    sync_schedules,
)

__all__ = [
    "OPEN_STATUSES",
    "audit_log",
    "contact_sync_changes",
    "contact_syncs",
    "deferred_records",
    "match_decisions",
    "metadata",
    "oauth_connections",
    "object_actions",
    "object_links",
    "objects",
    "organizations",
    "staged_pages",
    "sync_schedules",
    "users",
]
