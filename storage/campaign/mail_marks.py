"""Decisions about a campaign's mails while it waits: kept at once, seen by every reviewer, final when it is decided.

As with a sync's plan, each deed is a *mark* that says who did what to how many mails, and that can be taken back.
What a check blocked can be left out, but approved only after it was edited, which makes another mail of it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, case, func, insert, or_, select, update

from storage import audit
from storage.campaign.mails import UnknownMail
from storage.campaign.risks import UNDECIDED, of_risk
from storage.campaign.waiting import lock_waiting_campaign
from storage.deciding import CannotDecide, Overtaken
from storage.documents import new_id, now
from storage.records import Deed, MailState, Mark, Risk
from storage.scope import Scope, of_campaign, scoped
from storage.session import Session
from storage.tables import campaign_emails as mails
from storage.tables import mail_marks as table

UNSEEN = (MailState.GENERATED, MailState.BLOCKED)
AT_ONCE = 1000
LEFT_OUT = "left out by a reviewer"


@scoped
def mark_all(
    session: Session, scope: Scope, campaign_id: str, deed: Deed, *, actor: str, risks: Iterable[Risk]
) -> Mark:
    """Decide about all mails of some risk that nobody has decided about yet."""
    lock_waiting_campaign(session, scope, campaign_id)
    wanted = mails.c.state.in_(UNSEEN) & or_(*(of_risk(risk) for risk in risks))
    return _mark(session, scope, campaign_id, deed, actor, wanted)


@scoped
def mark_mails(
    session: Session, scope: Scope, campaign_id: str, deed: Deed, *, actor: str, mail_ids: Sequence[str]
) -> Mark:
    """Decide about chosen mails, whatever was decided of them before."""
    lock_waiting_campaign(session, scope, campaign_id)
    if len(mail_ids) > AT_ONCE:
        raise CannotDecide(f"{len(mail_ids)} mails chosen, at most {AT_ONCE} at once: decide about the whole group")
    return _mark(session, scope, campaign_id, deed, actor, mails.c.id.in_(list(mail_ids)), mail_ids)


@scoped
def mark_mail(
    session: Session, scope: Scope, campaign_id: str, deed: Deed, *, actor: str, mail_id: str, seen: str
) -> Mark:
    """Decide about one mail as it was seen."""
    lock_waiting_campaign(session, scope, campaign_id)
    as_seen = (mails.c.id == mail_id) & (mails.c.mark_id == seen)
    made = _mark(session, scope, campaign_id, deed, actor, as_seen, [mail_id])
    stands = session.execute(
        select(mails.c.mark_id).where(of_campaign(mails, scope, campaign_id), mails.c.id == mail_id)
    ).scalar_one_or_none()
    if stands is None:
        raise UnknownMail(f"no mail {mail_id} in this campaign: `contactflow campaign show {campaign_id}` lists them")
    if stands not in {seen, made.id}:
        raise Overtaken("somebody decided about this mail while you looked at it: here it is as it stands now")
    return made


@scoped
def note_edit(session: Session, scope: Scope, campaign_id: str, mail_id: str, *, actor: str) -> Mark:
    """Mark a mail as edited, so that a reviewer who still sees the old text is refused."""
    lock_waiting_campaign(session, scope, campaign_id)
    made = _made(session, scope, campaign_id, Mark(new_id(), actor, Deed.EDITED, 1, now()))
    one = update(mails).where(of_campaign(mails, scope, campaign_id), mails.c.id == mail_id)
    session.execute(one.values(mark_id=made.id))
    return made


@scoped
def take_back(session: Session, scope: Scope, campaign_id: str, mark_id: str, *, actor: str) -> int:
    """Restore the mails of a mark that nobody has decided about since. Returns how many."""
    lock_waiting_campaign(session, scope, campaign_id)
    this = update(table).where(of_campaign(table, scope, campaign_id), table.c.id == mark_id)
    taken = session.execute(
        this.where(table.c.undone_at.is_(None), table.c.deed != Deed.EDITED).values(undone_at=now())
    )
    if not taken.rowcount:
        return 0
    back = update(mails).where(of_campaign(mails, scope, campaign_id), mails.c.mark_id == mark_id)
    reason = case((mails.c.state_before == MailState.REJECTED, LEFT_OUT), else_="")
    number = session.execute(
        back.values(state=mails.c.state_before, mark_id="", state_before="", reason=reason)
    ).rowcount
    detail = {"mark": mark_id, "mails": number}
    audit.record(session, scope, actor=actor, action="mails.mark_taken_back", subject=campaign_id, detail=detail)
    return number


@scoped
def marks(session: Session, scope: Scope, campaign_id: str, *, limit: int = 20) -> list[Mark]:
    """The newest first."""
    query = select(table).where(of_campaign(table, scope, campaign_id))
    newest = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    return [_read(row) for row in session.execute(newest)]


@scoped
def pulse(session: Session, scope: Scope, campaign_id: str) -> str:
    """A text that changes with every decision: an open page compares it to know when to reload."""
    query = select(func.count(), func.count(table.c.undone_at), func.max(table.c.id))
    found = session.execute(query.where(of_campaign(table, scope, campaign_id))).one()
    return ".".join(str(part or "") for part in found)


def _mark(
    session: Session, scope: Scope, campaign_id: str, deed: Deed, actor: str, wanted: ColumnElement[bool],
    named: Sequence[str] = (),
) -> Mark:  # fmt: skip
    made = Mark(new_id(), actor, deed, 0, now())
    moved = _moved(update(mails).where(of_campaign(mails, scope, campaign_id), wanted), deed, made)
    number = session.execute(moved).rowcount
    if not number:
        return made
    detail = {"mark": made.id, "deed": deed, "mails": number, "named": list(named)}
    audit.record(session, scope, actor=actor, action="mails.marked", subject=campaign_id, detail=detail)
    return _made(session, scope, campaign_id, Mark(made.id, actor, deed, number, made.created_at))


def _moved(some: Update, deed: Deed, mark: Mark) -> Update:
    """Approving pins the current content hash; a blocked mail cannot be approved."""
    values: dict[str, Any] = {"state_before": mails.c.state, "mark_id": mark.id, "updated_at": mark.created_at}
    if deed is Deed.APPROVED:
        pinned = {"approved_hash": mails.c.content_hash, "approved_by": mark.actor}
        values |= {"state": MailState.APPROVED, "reason": "", **pinned}
        from_states = [MailState.GENERATED, MailState.REJECTED]
        some = some.where(UNDECIDED == MailState.GENERATED, mails.c.content_hash != "")
    elif deed is Deed.REJECTED:
        values |= {"state": MailState.REJECTED, "reason": LEFT_OUT}
        from_states = [MailState.GENERATED, MailState.BLOCKED, MailState.APPROVED]
    else:
        values |= {"state": UNDECIDED, "reason": ""}
        from_states = [MailState.APPROVED, MailState.REJECTED]
    return some.where(mails.c.state.in_(from_states)).values(**values)


def _made(session: Session, scope: Scope, campaign_id: str, mark: Mark) -> Mark:
    session.execute(
        insert(table).values(
            id=mark.id, organization_id=scope.organization_id, campaign_id=campaign_id, actor=mark.actor,
            deed=mark.deed, number=mark.number, created_at=mark.created_at,
        )
    )  # fmt: skip
    return mark


def _read(row: Row[Any]) -> Mark:
    return Mark(row.id, row.actor, Deed(row.deed), row.number, row.created_at, row.undone_at)
