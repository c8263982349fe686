"""The review of a campaign as a person meets it: mails are decided, edited, written anew and tried."""

import re

import pytest

from storage.campaign.campaigns import Campaign
from storage.records import MailState
from storage.scope import Scope
from storage.session import Store
from tests.web.campaigns_to_review import BLOCKED, WRITTEN
from tests.web.conftest import NotedEngine, Person
from tests.web.kept_mails import every, given_name, one

INVITATION = "We open our workshop to visitors on the first Friday of each month, and would like to see you there."


def test_mails_are_decided_one_by_one_and_both_places_see_it(
    ann: Person, ben: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    answer = ann.post(f"/campaigns/{campaign.id}/mails/2/mark", deed="rejected", seen="", group="clean", open="2")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/campaigns/{campaign.id}?group=clean&row=2")
    assert one(store, scope, campaign, 2).state is MailState.REJECTED
    seen_by_ben = ben.get(f"/campaigns/{campaign.id}").text
    assert f"Approve {WRITTEN - BLOCKED - 1}, leave out {BLOCKED + 1}" in seen_by_ben
    assert "ann@acme.example left out 1 mail" in seen_by_ben
    told = ben.post(f"/campaigns/{campaign.id}/mails/2/mark", deed="approved", seen="")
    assert told.status_code == 409
    assert "while you looked" in told.text
    assert one(store, scope, campaign, 2).state is MailState.REJECTED


def test_a_group_is_approved_with_one_request_and_taken_back_with_another(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    ann.post(f"/campaigns/{campaign.id}/marks", whole="approved", group="warned")
    approved = [mail.ordinal for mail in every(store, scope, campaign) if mail.state is MailState.APPROVED]
    assert approved == [3, 8, 13, 18, 23]
    mark = re.search(r'name="mark" value="([^"]+)"', ann.get(f"/campaigns/{campaign.id}").text)
    assert mark is not None
    ann.post(f"/campaigns/{campaign.id}/marks/take-back", mark=mark[1], group="warned")
    assert MailState.APPROVED not in {mail.state for mail in every(store, scope, campaign)}


def test_chosen_mails_are_decided_together_and_what_is_blocked_stays_so(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    chosen = [mail.id for mail in every(store, scope, campaign)[6:10]]
    ann.post(f"/campaigns/{campaign.id}/marks", deed="approved", row=chosen, group="blocked")
    states = [mail.state.value for mail in every(store, scope, campaign)[6:10]]
    assert states == ["approved", "approved", "blocked", "approved"]


@pytest.mark.parametrize(
    "form",
    [{"whole": "approved", "group": "excluded"}, {"whole": "approved"}, {"deed": "approved"},
     {"whole": "sent", "group": "clean"}, {"deed": "edited", "row": "x"}],
)  # fmt: skip
def test_decisions_that_make_no_sense_are_refused(ann: Person, campaign: Campaign, form: dict[str, str]) -> None:
    assert ann.post(f"/campaigns/{campaign.id}/marks", **form).status_code == 400


def test_an_edited_mail_is_checked_anew_and_its_approval_is_gone(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    ann.post(f"/campaigns/{campaign.id}/mails/1/mark", deed="approved", seen="")
    greeting = f"Dear {given_name(store, scope, campaign, 1)},"
    text = f"{greeting}\r\n\r\n{INVITATION}\r\n\r\nSee [here]({{{{link:map}}}})."
    version = str(one(store, scope, campaign, 1).version)
    edit = {"version": version, "subject": "Do\r\ncome", "text": text, "open": "1"}
    assert ann.post(f"/campaigns/{campaign.id}/mails/1/edit", **edit).status_code == 303
    mail = one(store, scope, campaign, 1)
    assert (mail.state, mail.approved_hash, mail.edited_by) == (MailState.GENERATED, "", "ann@acme.example")
    assert mail.draft
    assert mail.draft.letter
    assert mail.draft.letter.subject == "Do come"
    assert "first Friday" in ann.get(f"/campaigns/{campaign.id}/mails/1/letter").text
    again = ann.post(f"/campaigns/{campaign.id}/mails/1/edit", **edit)
    assert again.status_code == 409
    assert "here it is as it stands now" in again.text


def test_a_blocked_mail_can_be_approved_once_it_was_edited(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    blocked = one(store, scope, campaign, 9)
    greeting = f"Dear {given_name(store, scope, campaign, 9)},"
    ann.post(
        f"/campaigns/{campaign.id}/mails/9/edit", version=str(blocked.version), subject="Come",
        text=f"{greeting}\n\n{INVITATION}",
    )  # fmt: skip
    mail = one(store, scope, campaign, 9)
    assert mail.state is MailState.GENERATED
    ann.post(f"/campaigns/{campaign.id}/mails/9/mark", deed="approved", seen=mail.mark_id)
    assert one(store, scope, campaign, 9).state is MailState.APPROVED


def test_a_mail_is_written_anew_with_a_hint_and_holds_the_approval_back(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine
) -> None:
    form = {"hint": "shorter", "open": "2"}
    answer = ann.post(f"/campaigns/{campaign.id}/mails/2/rewrite", **form)
    assert answer.headers["location"].endswith("row=2&anew=1")
    mail = one(store, scope, campaign, 2)
    assert mail.draft
    assert (mail.state, mail.draft.hint) == (MailState.PENDING, "shorter")
    assert engine.started == [("rewrite-mails", {"campaign": campaign.id}, "")]
    assert ann.post(f"/campaigns/{campaign.id}/mails/2/rewrite", **form).status_code == 409
    assert "1 mail is being written" in ann.get(f"/campaigns/{campaign.id}/decide").text
    approval = ann.post(f"/campaigns/{campaign.id}/approve", digest=campaign.digest, pulse="..")
    assert approval.status_code == 409
    assert ann.post(f"/campaigns/{campaign.id}/retry-failed").headers["location"].endswith("?anew=1")
    assert len(engine.started) == 2


def test_a_test_goes_to_whoever_asks_for_it_and_once(ann: Person, campaign: Campaign, engine: NotedEngine) -> None:
    for _ in range(2):
        ann.post(f"/campaigns/{campaign.id}/mails/3/test", once="press", to="boss@elsewhere.example")
    assert {name for name, _, _ in engine.started} == {"sample-mail"}
    assert {wanted["to"] for _, wanted, _ in engine.started} == {"ann@acme.example"}
    assert len({key for _, _, key in engine.started}) == 1
    assert ann.post(f"/campaigns/{campaign.id}/mails/26/test", once="x").status_code == 409
