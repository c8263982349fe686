"""The three panes of a campaign: the audience, the mails of one group, one mail; and the page before deciding."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from starlette.responses import JSONResponse, Response

from storage.campaign import campaigns, mail_marks, mail_search, mails, tallies, usage
from storage.campaign.campaigns import Campaign
from storage.crypto import Key
from storage.documents import now
from storage.organization import connections
from storage.records import CampaignStatus, Mail, MailState, Run, RunKind
from storage.session import Session
from web.advice import advised
from web.campaign.campaign_progress import Progress, progress_of
from web.campaign.mail_groups import Group, Levels, Tally, counted, groups_of, tally, without_remark
from web.campaign.mail_view import TABS, find, lines_of, record
from web.counted import chosen
from web.deciding import owner_of
from web.visits import Visit, number_of

PAGE = 100
WORKING = (CampaignStatus.DRAFT, CampaignStatus.GENERATING, CampaignStatus.SENDING)
STOPPABLE = (*WORKING, CampaignStatus.PAUSED)
SAID = {
    "later": "Prefect does not answer. What you decided is kept, and carried out when Prefect is back.",
    "test": "The mail is on its way to your own inbox. It counts for nothing.",
    "anew": "The mail is being written anew. This page shows it as soon as it is checked.",
    "again": "What failed is sent once more.",
    "begun": "The campaign has begun. Its mails appear here when they are written; nothing is sent before you say so.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page a reviewer is."""

    campaign_id: str
    group: str = ""
    after: int = 0
    view: str = ""

    def at(self, ordinal: int = 0, view: str = "") -> str:
        wanted = {"group": self.group, "after": self.after, "row": ordinal, "view": view or self.view}
        return f"/campaigns/{self.campaign_id}?" + "&".join(f"{name}={part}" for name, part in wanted.items() if part)


def show(visit: Visit) -> Response:
    return visit.page("campaign.html", **told(visit, visit.part("campaign_id")))


def search(visit: Visit) -> Response:
    """Search by POST, since names do not belong in URLs."""
    words = visit.form.one("words").strip()[:200]
    return visit.page("campaign.html", **told(visit, visit.part("campaign_id"), words=words))


def pulse(visit: Visit) -> Response:
    """Polled by open pages every few seconds, to notice changes."""
    campaign_id = visit.part("campaign_id")
    with visit.context.store.read() as session:
        campaign = campaigns.campaign(session, visit.scope, campaign_id)
        counts = tally(tallies.levels(session, visit.scope, campaign_id))
        return JSONResponse({"pulse": beat_of(campaign, mail_marks.pulse(session, visit.scope, campaign_id), counts)})


def before_deciding(visit: Visit) -> Response:
    """The effect of deciding, in numbers, with the current digest of the mails and drafts."""
    campaign_id = visit.part("campaign_id")
    with visit.context.store.read() as session:
        campaign = campaigns.campaign(session, visit.scope, campaign_id)
        levels = tallies.levels(session, visit.scope, campaign_id)
        beat = mail_marks.pulse(session, visit.scope, campaign_id)
        sender = sender_of(session, visit, campaign)
    if campaign.status is not CampaignStatus.REVIEW:
        return visit.go(f"/campaigns/{campaign_id}")
    rows = [one for one in counted(levels, groups_of(campaign.status)) if one.group.is_decidable]
    return visit.page(
        "decide_mails.html", campaign=campaign, groups=rows, tally=tally(levels), pulse=beat, sender=sender,
        safe=without_remark(levels), changed=visit.asked("changed"), rejecting=visit.asked("choice") == "reject",
    )  # fmt: skip


def told(visit: Visit, campaign_id: str, *, words: str = "") -> dict[str, Any]:
    scope = visit.scope
    with visit.context.store.read() as session:
        campaign = tallies.current(session, scope, campaigns.campaign(session, scope, campaign_id))
        key = campaigns.body_key(session, scope, campaign_id)
        levels = tallies.levels(session, scope, campaign_id)
        groups = counted(levels, groups_of(campaign.status))
        now_in = chosen(visit.asked("group"), groups)
        view = visit.asked("view")
        place = Place(campaign_id, now_in.group.key if now_in else "", number_of(visit.asked("after")),
                      view if view in TABS else "")  # fmt: skip
        rows, is_more = _rows(session, visit, campaign_id, key, now_in.group if now_in else None, place.after, words)
        mail = _asked_for(session, visit, campaign_id, key) or next(iter(rows), None)
        return {
            "campaign": campaign,
            "groups": groups,
            "current": now_in,
            "place": place,
            "next": replace(place, after=rows[-1].ordinal).at() if is_more and not words else "",
            "is_more": is_more,
            "words": words,
            "lines": lines_of(session, visit, campaign_id, rows),
            "record": record(session, visit, campaign, key, mail) if mail else None,
            "row_asked": bool(visit.asked("row")),
            "kept": key is not None,
            **_head(session, visit, campaign, levels),
        }


def sender_of(session: Session, visit: Visit, campaign: Campaign) -> str:
    if campaign.connection_id:
        return connections.connection(session, visit.scope, campaign.connection_id).account
    return owner_of(session, visit, campaign.user_id)


def beat_of(campaign: Campaign, marked: str, counts: Tally) -> str:
    """A text that changes with each per cent written or sent rather than with each mail, to limit page reloads."""
    anew = 100 * counts.anew // max(1, counts.to_write) if campaign.status is CampaignStatus.GENERATING else counts.anew
    return f"{campaign.status}/{marked}/{campaign.digest[:8]}/{anew}/{counts.unwritten}/{counts.share}"


def _head(session: Session, visit: Visit, campaign: Campaign, levels: Levels) -> dict[str, Any]:
    counts, waits = tally(levels), campaign.status is CampaignStatus.REVIEW
    budget = usage.budget(session, visit.scope, campaign.budget_id) if campaign.budget_id else None
    progress: Progress | None = progress_of(session, visit, campaign, counts)
    return {
        "owner": owner_of(session, visit, campaign.user_id),
        "sender": sender_of(session, visit, campaign),
        "tally": counts,
        "pulse": beat_of(campaign, mail_marks.pulse(session, visit.scope, campaign.id), counts),
        "waits": waits,
        "advice": advised(session, visit, Run(RunKind.CAMPAIGN, campaign.id), waits=waits),
        "marks": mail_marks.marks(session, visit.scope, campaign.id, limit=6),
        "excluded": tallies.reasons(session, visit.scope, campaign.id, MailState.EXCLUDED),
        "working": campaign.status in WORKING or bool(counts.anew and campaign.is_open),
        "unwritten": counts.unwritten if campaign.model else 0,
        "stoppable": campaign.status in STOPPABLE,
        "is_late": bool(campaign.expires_at and campaign.expires_at < now()),
        "spent": budget.spent if budget else Decimal(0),
        "limit": budget.limit if budget else None,
        "progress": progress,
        "run_page": visit.context.engine.run_page(campaign.flow_run_id) if campaign.has_begun else "",
        "said": next((text for name, text in SAID.items() if visit.asked(name)), ""),
        "tabs": TABS,
    }


def _rows(
    session: Session, visit: Visit, campaign_id: str, key: Key | None, group: Group | None, after: int, words: str
) -> tuple[list[Mail], bool]:
    """A window of mails, and whether there are more behind it."""
    if words:
        hits = mail_search.search(session, visit.scope, campaign_id, key, words, limit=PAGE + 1) if key else []
        return hits[:PAGE], len(hits) > PAGE
    if group is None:
        return [], False
    found = mails.mails(
        session, visit.scope, campaign_id, key, states=group.states, risk=group.risk, after=after, limit=PAGE + 1
    )
    return found[:PAGE], len(found) > PAGE


def _asked_for(session: Session, visit: Visit, campaign_id: str, key: Key | None) -> Mail | None:
    wanted = number_of(visit.asked("row"))
    return find(session, visit, campaign_id, key, wanted) if wanted else None
