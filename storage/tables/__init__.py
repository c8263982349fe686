"""The tables: names, states and indexes that scripts and queries outside may rely on."""

from storage.tables.base import metadata
from storage.tables.campaigns import (
    HELD_STATES,
    LIVE_STATUSES,
    campaign_emails,
    email_campaigns,
    email_events,
    mail_marks,
)
from storage.tables.crm import erasures, match_decisions, object_actions, object_links, objects
from storage.tables.mailing import email_templates, mailbox_slots, mailboxes, saved_segments, suppressions
from storage.tables.matching import contact_twins, contact_vectors
from storage.tables.notices import notices, notify_targets
from storage.tables.organizations import (
    audit_log,
    chores,
    oauth_connections,
    organizations,
    refused_applications,
    sign_ins,
    users,
)
from storage.tables.suggestions import suggestions
from storage.tables.syncs import (
    OPEN_STATUSES,
    change_values,
    contact_sync_changes,
    contact_syncs,
    deferred_records,
    plan_texts,
    review_marks,
    staged_pages,
    sync_schedules,
)
from storage.tables.usage import ai_budgets, ai_usage

__all__ = [
    "HELD_STATES",
    "LIVE_STATUSES",
    "OPEN_STATUSES",
    "ai_budgets",
    "ai_usage",
    "audit_log",
    "campaign_emails",
    "change_values",
    "chores",
    "contact_sync_changes",
    "contact_syncs",
    "contact_twins",
    "contact_vectors",
    "deferred_records",
    "email_campaigns",
    "email_events",
    "email_templates",
    "erasures",
    "mail_marks",
    "mailbox_slots",
    "mailboxes",
    "match_decisions",
    "metadata",
    "notices",
    "notify_targets",
    "oauth_connections",
    "object_actions",
    "object_links",
    "objects",
    "organizations",
    "plan_texts",
    "refused_applications",
    "review_marks",
    "saved_segments",
    "sign_ins",
    "staged_pages",
    "suggestions",
    "suppressions",
    "sync_schedules",
    "users",
]
