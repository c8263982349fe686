"""Actions on a campaign's mails. Each redirects to where the reviewer was."""

from starlette.responses import Response

from storage.campaign import campaign_reviews, campaigns, mail_marks
from storage.campaign.campaign_reviews import Decision
from storage.deciding import CannotDecide, Choice, Overtaken
from storage.records import MailState, Run, RunKind
from tasks.campaign.rendering import edited
from web.advice import to_follow
from web.campaign.campaign_page import Place
from web.campaign.campaign_sending import start_writing
from web.campaign.mail_groups import IN_REVIEW
from web.campaign.mail_view import TABS, find
from web.deciding import comment_of, deed_of, digest_of, woken
from web.visits import Refusal, Visit, number_of

LONGEST_HINT, LONGEST_TEXT = 1000, 50_000
GROUPS = {group.key: group for group in IN_REVIEW}


def mark(visit: Visit) -> Response:
    """Decide about the selected mails, or about all undecided mails of a group."""
    campaign_id, form = visit.part("campaign_id"), visit.form
    with visit.context.store.begin() as session:
        campaigns.campaign(session, visit.scope, campaign_id)
        if whole := form.one("whole"):
            group = GROUPS.get(form.one("group"))
            if group is None or group.risk is None:
                raise Refusal(400, "No such group", "Load the page again.")
            mail_marks.mark_all(
                session, visit.scope, campaign_id, deed_of(whole), actor=visit.email, risks=[group.risk]
            )
        elif form.one("advised"):
            deed, chosen = to_follow(session, visit, Run(RunKind.CAMPAIGN, campaign_id))
            mail_marks.mark_mails(session, visit.scope, campaign_id, deed, actor=visit.email, mail_ids=chosen)
        elif chosen := form.all("row"):
            mail_marks.mark_mails(
                session, visit.scope, campaign_id, deed_of(form.one("deed")), actor=visit.email, mail_ids=chosen
            )
        else:
            raise Refusal(400, "No mail is chosen", "Tick some mails first, or decide about the whole group.")
    return back(visit)


def mark_one(visit: Visit) -> Response:
    campaign_id = visit.part("campaign_id")
    with visit.context.store.begin() as session:
        mail = find(session, visit, campaign_id, None, number_of(visit.part("ordinal")))
        deed = deed_of(visit.form.one("deed"))
        mail_marks.mark_mail(
            session, visit.scope, campaign_id, deed, actor=visit.email, mail_id=mail.id, seen=visit.form.one("seen")
        )
    return back(visit)


def take_back_mark(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        mail_marks.take_back(session, visit.scope, visit.part("campaign_id"), visit.form.one("mark"), actor=visit.email)
    return back(visit)


def edit(visit: Visit) -> Response:
    """Replace a mail's text. It is rendered and checked again, and must be approved anew."""
    campaign_id, form = visit.part("campaign_id"), visit.form
    with visit.context.store.begin() as session:
        campaign = campaigns.campaign(session, visit.scope, campaign_id)
        key = campaigns.demand_body_key(session, visit.scope, campaign_id)
        mail = find(session, visit, campaign_id, key, number_of(visit.part("ordinal")))
        if str(mail.version) != form.one("version"):
            raise Overtaken("somebody changed this mail while you looked at it: here it is as it stands now")
        if len(form.one("text")) > LONGEST_TEXT:
            raise Refusal(400, "This text is too long", f"A mail has {LONGEST_TEXT:,} characters at most.")
        subject = " ".join(form.one("subject").split())
        edited(session, visit.scope, campaign, mail, f"Subject: {subject}\n\n{form.one('text')}", editor=visit.email)
        mail_marks.note_edit(session, visit.scope, campaign_id, mail.id, actor=visit.email)
    return back(visit)


def rewrite(visit: Visit) -> Response:
    """Have the model write a mail again."""
    campaign_id = visit.part("campaign_id")
    with visit.context.store.begin() as session:
        campaign = campaigns.campaign(session, visit.scope, campaign_id)
        mail = find(session, visit, campaign_id, None, number_of(visit.part("ordinal")))
        if not campaign.model:
            raise CannotDecide("this campaign is written from a template: edit its mails, or start another")
        hint = visit.form.one("hint").strip()[:LONGEST_HINT]
        campaign_reviews.ask_again(session, visit.scope, campaign_id, [mail.id], hint, reviewer=visit.email)
    start_writing(visit, campaign)
    return back(visit, "anew")


def test_send(visit: Visit) -> Response:
    """Send a test of the mail to the user who asks for it, and to nobody else."""
    campaign_id = visit.part("campaign_id")
    with visit.context.store.read() as session:
        mail = find(session, visit, campaign_id, None, number_of(visit.part("ordinal")))
    if mail.state is MailState.EXCLUDED or not mail.content_hash:
        raise Refusal(409, "There is nothing to send", "This mail is not written.")
    wanted = {"campaign": campaign_id, "mail": mail.id, "to": visit.email}
    visit.context.engine.start("sample-mail", wanted, key=f"sample-{mail.id}-{visit.form.one('once')[:64]}")
    return back(visit, "test")


def approve(visit: Visit) -> Response:
    choice = Choice.APPROVE_SAFE if visit.form.one("choice") == Choice.APPROVE_SAFE else Choice.APPROVE
    return _decide(visit, choice)


def reject(visit: Visit) -> Response:
    return _decide(visit, Choice.REJECT)


def _decide(visit: Visit, choice: Choice) -> Response:
    """Decide by the digest and the drafts as seen; if others decided meanwhile, show that first."""
    campaign_id, form = visit.part("campaign_id"), visit.form
    with visit.context.store.begin() as session:
        campaign = campaigns.campaign(session, visit.scope, campaign_id)
        if choice is not Choice.REJECT and form.one("pulse") != mail_marks.pulse(session, visit.scope, campaign_id):
            return visit.go(f"/campaigns/{campaign_id}/decide?changed=1")
        digest = digest_of(visit, "mails")
        decision = Decision(choice, visit.email, comment_of(visit), proven=True, digest=digest)
        campaign_reviews.decide(session, visit.scope, campaign_id, decision)
    return woken(visit, campaign.flow_run_id, choice, f"/campaigns/{campaign_id}")


def back(visit: Visit, said: str = "") -> Response:
    form = visit.form
    group = form.one("group") if form.one("group") in GROUPS else ""
    view = form.one("view") if form.one("view") in TABS else ""
    place = Place(visit.part("campaign_id"), group, number_of(form.one("after")), view)
    address = place.at(number_of(form.one("open")))
    return visit.go(f"{address}&{said}=1" if said else address)
