"""What waits for a decision can be decided until its time is over, and by no way after that."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from storage.campaign import campaign_reviews, campaigns, mail_marks, mails, tallies
from storage.deciding import CannotDecide, Choice
from storage.documents import now
from storage.organization import suggestions
from storage.records import Advice, ChangeKind, Deed, Risk, Run, RunKind
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import marks, plans, reviews, syncs
from tests.storage import campaign_examples
from tests.storage.campaign_examples import key_of
from tests.storage.examples import planned, row

ANN = "ann@acme.example"

Deeds = dict[str, Callable[[], object]]


def for_a_plan(session: Session, scope: Scope) -> Deeds:
    change = row(ChangeKind.CREATE, 1)
    sync = planned(session, scope, [change])
    made = marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=ANN, change_ids=[change.id])
    syncs.note(session, scope, sync.id, expires_at=now() - timedelta(seconds=1))
    about = (session, scope, sync.id)
    run = Run(RunKind.SYNC, sync.id)
    return {
        "approving": lambda: reviews.decide(*about, reviews.Decision(Choice.APPROVE, ANN)),
        "rejecting": lambda: reviews.decide(*about, reviews.Decision(Choice.REJECT, ANN)),
        "marking a group": lambda: marks.mark_all(*about, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind)),
        "marking rows": lambda: marks.mark_rows(*about, Deed.APPROVED, actor=ANN, change_ids=[change.id]),
        "marking a row": lambda: marks.mark_row(*about, Deed.APPROVED, actor=ANN, change_id=change.id, seen=made.id),
        "taking back": lambda: marks.take_back(*about, made.id, actor=ANN),
        "advising": lambda: suggestions.suggest(session, scope, run, 1, Advice.APPROVE, "", by=ANN),
    }


def for_a_campaign(session: Session, scope: Scope) -> Deeds:
    campaign = campaign_examples.waiting(session, scope, 1)
    (mail,) = mails.every(session, scope, campaign.id, key_of(session, scope, campaign.id))
    made = mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor=ANN, mail_ids=[mail.id])
    campaigns.note(session, scope, campaign.id, expires_at=now() - timedelta(seconds=1))
    about = (session, scope, campaign.id)
    run = Run(RunKind.CAMPAIGN, campaign.id)
    written = campaign_examples.written(mail, b"another text")
    return {
        "approving": lambda: campaign_reviews.decide(*about, campaign_reviews.Decision(Choice.APPROVE, ANN)),
        "rejecting": lambda: campaign_reviews.decide(*about, campaign_reviews.Decision(Choice.REJECT, ANN)),
        "marking a group": lambda: mail_marks.mark_all(*about, Deed.APPROVED, actor=ANN, risks=list(Risk)),
        "marking mails": lambda: mail_marks.mark_mails(*about, Deed.APPROVED, actor=ANN, mail_ids=[mail.id]),
        "marking a mail": lambda: mail_marks.mark_mail(*about, Deed.APPROVED, actor=ANN, mail_id=mail.id, seen=made.id),
        "taking back": lambda: mail_marks.take_back(*about, made.id, actor=ANN),
        "editing": lambda: campaign_reviews.rewrite(*about, written, editor=ANN),
        "asking for another text": lambda: campaign_reviews.ask_again(*about, [mail.id], "shorter", reviewer=ANN),
        "advising": lambda: suggestions.suggest(session, scope, run, 1, Advice.APPROVE, "", by=ANN),
    }


def test_a_plan_whose_time_is_over_is_decided_by_no_way(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        for deed in for_a_plan(session, scope).values():
            with pytest.raises(CannotDecide, match="the time to decide was over on"):
                deed()
        [sync] = syncs.syncs(session, scope)
        assert plans.counts(session, scope, sync.id) == {("create", "rejected"): 1}
        assert sync.status == "preview"


def test_mails_whose_time_is_over_are_decided_by_no_way(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        for deed in for_a_campaign(session, scope).values():
            with pytest.raises(CannotDecide, match="the time to decide was over on"):
                deed()
        [campaign] = campaigns.campaigns(session, scope)
        assert tallies.counts(session, scope, campaign.id) == {"rejected": 1}
        assert campaign.status == "review"
