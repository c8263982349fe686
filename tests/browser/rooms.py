"""Every page there is, furnished, empty or forbidden: their addresses, and who looks at them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from storage.campaign import campaign_reviews, mails, templates
from storage.campaign.templates import NewTemplate
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import schedules, sign_ins
from storage.people import contacts
from storage.records import Provider, ReviewPolicy, SignInKind, Statistics, Timing
from storage.scope import Scope
from storage.session import Session
from storage.sync import opening, plans, reviews, syncs
from storage.sync.opening import NewSync
from storage.sync.reviews import Decision
from tasks.rules.links import Use, token
from tests.browser.conftest import Site
from tests.storage.campaign_examples import waiting
from tests.web.campaigns_to_review import written_campaign
from tests.web.plans_to_review import SMALL, waiting_plan
from web.app import IN_MAILS, ROUTES

NO_PAGES = re.compile(r"/(healthz|metrics)|/api/.*|/sign-in/.*/back|.*/(pulse|progress|letter)|/[co]/.*")
OF_THEIR_OWN = {"/sign-in", "/sign-in/link/{token}", "/u/{token}", "/syncs/{sync_id}/take-back"}
NEVER_EMPTY = {"/settings", "/templates/new"}
ANN = "ann@acme.example"
FEW = SMALL | {"update": 16, "create": 20, "skip": 3}
LETTER = "Dear {{ given_name | default('there') }},\n\nthe engine is ready: {{ link('demo') }}\n\nYours, Ann"


@dataclass(frozen=True, slots=True)
class Room:
    """`who` looks: Ann, a newcomer whose organization holds nothing yet, or a guest who is not signed in."""

    name: str
    path: str
    who: str = "ann"
    status: int = 200


def every_room(site: Site, scope: Scope) -> list[Room]:
    with site.store.begin() as session:
        done, known = _done(session, scope), _furnished(session, scope)
        link, used = sign_ins.offer_link(session, scope), _used_link(session, scope)
        sending = _sending(session, scope)
        out = token(Use.UNSUBSCRIBE, _a_mail(session, scope), site.store.keyring.signature)
        reading = opening.open_sync(session, scope, NewSync(new_id(), new_id(), Provider.FILE)).id
    return [
        *_of_routes(known),
        *_of_syncs(known["sync_id"], done, reading),
        *_of_campaigns(known["campaign_id"], sending),
        Room("not-there", "/syncs/nothing", status=404),
        Room("no-such-address", "/nothing", status=404),
        Room("sign-in", "/sign-in", "guest"),
        Room("sign-in-link", f"/sign-in/link/{link}", "guest"),
        Room("sign-in-link-used-up", f"/sign-in/link/{used}", "guest", 403),
        Room("unsubscribe", f"/u/{out}", "guest"),
        Room("unsubscribe-forged", "/u/forged", "guest", 404),
    ]


def _of_routes(known: Mapping[str, str]) -> Iterator[Room]:
    """One that is added is looked at without being named here."""
    for route in (*ROUTES, *IN_MAILS):
        path, parts = route.path, set(route.param_convertors)  # type: ignore[attr-defined]
        if "GET" not in route.methods or path in OF_THEIR_OWN or NO_PAGES.fullmatch(path):  # type: ignore[attr-defined]
            continue
        there = re.sub(r"\{(\w+)(?::int)?\}", lambda part: known.get(part[1], "1"), path)
        yield Room(_name(path), there, status=200 if parts <= known.keys() else 404)
        if not parts and path not in NEVER_EMPTY:
            yield Room(f"{_name(path)}-empty", path, "newcomer")


def _of_syncs(waiting_one: str, done: str, reading: str) -> Iterator[Room]:
    for kind in ("update", "maybe", "create"):
        yield Room(f"sync-{kind}", f"/syncs/{waiting_one}?group={kind}")
    yield Room("sync-record", f"/syncs/{waiting_one}?group=conflict&row=1")
    yield Room("sync-reject", f"/syncs/{waiting_one}/decide?choice=reject")
    yield Room("sync-done", f"/syncs/{done}")
    yield Room("sync-take-back", f"/syncs/{done}/take-back")
    yield Room("sync-reading", f"/syncs/{reading}")


def _of_campaigns(waiting_one: str, sending: str) -> Iterator[Room]:
    for group in ("warned", "clean", "excluded"):
        yield Room(f"campaign-{group}", f"/campaigns/{waiting_one}?group={group}")
    for view in ("text", "source"):
        yield Room(f"campaign-{view}", f"/campaigns/{waiting_one}?row=3&view={view}")
    yield Room("campaign-reject", f"/campaigns/{waiting_one}/decide?choice=reject")
    yield Room("campaign-sending", f"/campaigns/{sending}")
    yield Room("campaign-failed", f"/campaigns/{sending}?group=failed")


def _name(path: str) -> str:
    return re.sub(r"\W+", "-", re.sub(r"\{(\w+?)(_id)?(:int)?\}", r"\1", path)).strip("-") or "home"


def _furnished(session: Session, scope: Scope) -> dict[str, str]:
    sync = waiting_plan(session, scope, FEW)
    daily = Timing("0 9 * * MON-FRI", time_zone="Europe/Berlin")
    made = schedules.add(session, scope, sync.connection_id, daily, ReviewPolicy.RISKY, actor=ANN)
    new = NewTemplate("Spring letter", "The engine is ready", LETTER, "en", {"demo": "https://engines.example/demo"})
    return {
        "sync_id": sync.id,
        "connection_id": sync.connection_id,
        "schedule_id": made.id,
        "contact_id": contacts.search(session, scope, limit=1)[0].id,
        "template_id": templates.save(session, scope, new, author=ANN).id,
        "campaign_id": written_campaign(session, scope, 12, connection_id=sync.connection_id).id,
    }


def _done(session: Session, scope: Scope) -> str:
    sync = waiting_plan(session, scope, dict.fromkeys(SMALL, 2))
    reviews.decide(session, scope, sync.id, Decision(Choice.APPROVE, ANN, digest=sync.digest))
    plans.clear_previews(session, scope, sync.id)
    syncs.complete(session, scope, sync.id, Statistics(created=2, updated=2, skipped=6), undo_for=timedelta(days=30))
    return sync.id


def _sending(session: Session, scope: Scope) -> str:
    campaign = written_campaign(session, scope, 12)
    approval = campaign_reviews.Decision(Choice.APPROVE, ANN, digest=campaign.digest)
    campaign_reviews.decide(session, scope, campaign.id, approval)
    for ordinal, state in enumerate(("sent", "failed", "unknown", "sending"), 1):
        known = {"state": state, "ordinal": ordinal, "id": campaign.id}
        session.execute(
            text("UPDATE campaign_emails SET state = :state WHERE ordinal = :ordinal AND campaign_id = :id"), known
        )
    return campaign.id


def _used_link(session: Session, scope: Scope) -> str:
    link = sign_ins.offer_link(session, scope)
    found = sign_ins.visitor(session, link, SignInKind.LINK)
    assert found is not None
    sign_ins.redeem(session, scope, found.sign_in_id)
    return link


def _a_mail(session: Session, scope: Scope) -> str:
    campaign = waiting(session, scope, 1)
    sent = {"at": "2026-01-01 00:00:00+00:00", "id": campaign.id}
    session.execute(text("UPDATE campaign_emails SET sent_at = :at WHERE campaign_id = :id"), sent)
    return mails.mails(session, scope, campaign.id, None)[0].id
