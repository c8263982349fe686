"""Pia, of whom everything is held that can be: in the CRM, its links and its history, in plans, mails and lists."""

from dataclasses import dataclass, replace

from storage.campaign import campaigns, mail_events, mails
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_events import Event
from storage.documents import new_id, now
from storage.organization import suggestions
from storage.people import contacts, decisions, merging, twins, vectors
from storage.records import (
    Advice,
    Change,
    ChangeKind,
    Contact,
    Criteria,
    Labelled,
    Mail,
    MailEvent,
    MailState,
    Match,
    Person,
    Run,
    RunKind,
    TwinState,
    Verdict,
    Visitor,
)  # fmt: skip
from storage.sync import deferred, plan_outcomes, plan_texts, plan_verdicts, plans, syncs
from storage.sync.syncs import Sync
from tests.flows.book import Book, somebody
from tests.flows.campaign_line import CampaignLine
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline

PIA = Person(
    given_name="Pia", family_name="Quellenbrunner", display_name="Pia Quellenbrunner", company="Truffelwerk",
    emails=(Labelled("pia.quelle@former.example", "work"),), phones=(Labelled("+4917011223344", "mobile"),),
    notes="loves chocolate truffles",
)  # fmt: skip
NOW_AT, SECOND, ON_A_CARD = "pia@truffelwerk.example", "pia.second@home.example", "p.quelle@card.example"
MARKS = ("Quellenbrunner", "Truffelwerk", "pia.quelle@", "pia.second@", "p.quelle@", "17011223344", "truffles")


@dataclass
class World:
    house: House
    pipeline: Pipeline
    line: CampaignLine
    books: dict[str, Book]
    pia: str
    other: str
    undoable: Sync
    waiting: Sync
    sent: Campaign
    in_review: Campaign
    approved: Campaign

    def tables(self, but_for: tuple[str, ...] = ()) -> str:
        """Each row of each table, with what is sealed as it lies there."""
        from tests.flows.test_nothing_personal_stays import rows  # noqa: PLC0415 (imports Prefect)

        return rows(self.house, lambda name: name not in but_for).decode()

    def sealed(self) -> str:
        """All that is sealed, opened with whatever key there is."""
        with self.house.store.read() as session:
            me = self.house.scope
            told: list[object] = [*deferred.everything(session, me)]
            for sync in syncs.syncs(session, me):
                key, undo_key = syncs.preview_key(session, me, sync.id), syncs.undo_key(session, me, sync.id)
                told += plans.every(session, me, sync.id, key)
                told += plan_verdicts.edits(session, me, sync.id, key).items() if key else []
                told += suggestions.suggestions(session, me, Run(RunKind.SYNC, sync.id))
                told += plan_texts.texts(session, me, sync.id, key) if key else []
                told += plan_outcomes.undoable(session, me, sync.id, undo_key) if undo_key else []
            for campaign in campaigns.campaigns(session, me):
                told += suggestions.suggestions(session, me, Run(RunKind.CAMPAIGN, campaign.id))
                body_key = campaigns.demand_body_key(session, me, campaign.id)
                for mail in mails.every(session, me, campaign.id, body_key):
                    told += [mail, mails.content(session, me, campaign.id, mail.id, body_key)]
            merged = twins.twins(session, me, state=TwinState.MERGED, limit=None)
            told += [twins.undo_of(session, me, one.id) for one in merged]
        return repr(told)

    def pia_in(self, campaign: Campaign) -> Mail:
        """Her mail is the first: she came into the CRM before the other."""
        return self.line.mails(campaign)[0]

    def row_of(self, change_id: str) -> Change:
        return next(row for row in self.pipeline.rows(self.waiting) if row.id == change_id)


def filled(house: House, pipeline: Pipeline, line: CampaignLine, books: dict[str, Book]) -> World:
    google, microsoft = books
    pipeline.run(google)
    books[google].edit("pia", emails=(Labelled(NOW_AT, "work"),), job_title="Chocolatier")
    undoable = pipeline.run(google)
    ids = {one.person.family_name: one.id for one in house.crm()}
    pia, other = ids["Quellenbrunner"], ids[somebody(1).family_name]
    _merged(house, pia)
    _spoken_of(house, pia, other, google)
    rejected = pipeline.preview(microsoft)
    pipeline.approve(rejected, refused=[row.id for row in pipeline.rows(rejected) if row.kind is not ChangeKind.SKIP])
    sent = line.run(criteria=Criteria(contacts=(pia, other)), name="Sent")
    _opened(house, line, sent, pia)
    in_review = line.preview(criteria=Criteria(contacts=(pia, other)), name="In review")
    approved = line.preview(criteria=Criteria(contacts=(pia, other)), name="Approved")
    line.decide(approved)
    books[google].edit("pia", notes="loves chocolate truffles with nuts")
    books[google].edit("s2", notes="somebody else's")
    waiting = pipeline.preview(google)
    (row,) = (row for row in pipeline.rows(waiting) if row.object_id == pia)
    (mail,) = (mail for mail in line.mails(in_review) if mail.object_id == pia)
    _advised(house, Run(RunKind.SYNC, waiting.id), row.ordinal)
    _advised(house, Run(RunKind.CAMPAIGN, in_review.id), mail.ordinal)
    return World(house, pipeline, line, books, pia, other, undoable, waiting, sent, in_review, approved)


def _advised(house: House, run: Run, number: int) -> None:
    """About hers, about the whole, and about another."""
    said = {number: "advised: Pia asked for it", 0: "advised: mind Pia", 3 - number: "advised: why not"}
    with house.store.begin() as session:
        for nth, reason in said.items():
            suggestions.suggest(session, house.scope, run, nth, Advice.LOOK, reason, by="assistant")


def _merged(house: House, pia: str) -> None:
    """A card of hers that somebody typed in goes into the contact that the sync brought."""
    card = replace(PIA, emails=(Labelled(ON_A_CARD),), job_title="")
    with house.store.begin() as session:
        contacts.create(session, house.scope, [Contact(new_id(), 1, card, {})])
        (gone,) = (one for one in contacts.everyone(session, house.scope) if one.person == card)
        match = Match(pia, gone.id, Verdict.SURE, 1.0, "Quellenbrunner is no common name")
        twins.propose(session, house.scope, [match], {pia: 2, gone.id: 1})
        pair = merging.open_pair(session, house.scope, twins.twins(session, house.scope)[0].id, keep=pia)
        person = replace(pair.kept.person, emails=(*pair.kept.person.emails, Labelled(ON_A_CARD)))
        merged = replace(pair.kept, version=pair.kept.version + 1, person=person)
        merging.merge(session, house.scope, pair, merged, by=ANN, undo_for=now() - now().replace(year=now().year - 1))


def _spoken_of(house: House, pia: str, other: str, google: str) -> None:
    with house.store.begin() as session:
        vectors.keep(session, house.scope, "model", {pia: ("hash", b"vector of hers"), other: ("hash", b"of another")})
        for one, second in ((pia, other), (other, "somebody")):
            decisions.remember(
                session, house.scope, account=twins.OURS, source_id=one, object_id=second, verdict=Verdict.DIFFERENT,
                decided_by=ANN,
            )  # fmt: skip
        decisions.remember(
            session, house.scope, account=google, source_id="pia", object_id=other, verdict=Verdict.DIFFERENT,
            decided_by=ANN,
        )  # fmt: skip


def _opened(house: House, line: CampaignLine, campaign: Campaign, pia: str) -> None:
    (mail,) = (one for one in line.mails(campaign, MailState.SENT) if one.object_id == pia)
    with house.store.begin() as session:
        event = Event(mail.id, MailEvent.OPENED, "a visit of hers", now(), Visitor.HUMAN)
        assert mail_events.note(session, house.scope, campaign.id, event)
