"""The review of a campaign as a person meets it: looked at, decided mail by mail, and said in the end."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from storage import audit
from storage.campaign import campaign_reviews, campaigns, mail_marks, mails
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.documents import now
from storage.organization import organization_settings
from storage.records import CampaignStatus, Deed, Mail, MailState
from storage.scope import Scope
from storage.session import Store
from storage.sync.reviews import Choice
from tasks.providers.flow_runs.engine import EngineUnreachable
from tests.web.campaigns_to_review import large_campaign
from tests.web.conftest import NotedEngine, Person
from tests.web.plans_to_review import invented

INVITATION = "We open our workshop to visitors on the first Friday of each month, and would like to see you there."
BLOCKED, WARNED, WRITTEN, EXCLUDED = 2, 5, 24, 5  # of the campaign that waits


def every(store: Store, scope: Scope, campaign: Campaign) -> list[Mail]:
    with store.read() as session:
        key = campaigns.body_key(session, scope, campaign.id)
        return list(mails.every(session, scope, campaign.id, key))


def one(store: Store, scope: Scope, campaign: Campaign, ordinal: int) -> Mail:
    return every(store, scope, campaign)[ordinal - 1]


def given_name(store: Store, scope: Scope, campaign: Campaign, ordinal: int) -> str:
    draft = one(store, scope, campaign, ordinal).draft
    assert draft
    return draft.recipient.facts["given_name"]


def status(store: Store, scope: Scope, campaign: Campaign) -> CampaignStatus:
    with store.read() as session:
        return campaigns.campaign(session, scope, campaign.id).status


def fields(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's forms, the last of each name."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "csrf"}


def test_the_page_shows_every_group_with_its_number(ann: Person, campaign: Campaign) -> None:
    page = ann.get(f"/campaigns/{campaign.id}")
    assert page.status_code == 200
    groups = re.findall(r'class="title">([^<]+)</span>\s*<span class="count">([\d,]+)', page.text)
    clean = WRITTEN - BLOCKED - WARNED
    assert groups == [
        ("Blocked", str(BLOCKED)), ("Worth a look", str(WARNED)), ("Nothing to remark", str(clean)),
        ("Not written to", str(EXCLUDED)),
    ]  # fmt: skip
    assert f"Approve {WRITTEN - BLOCKED}, leave {BLOCKED}" in page.text
    for told in (campaign.digest, "gpt-5.4-mini", "of 2.00 USD", "forecast 0.03 to 0.08 USD", "0.0021", "Visit our"):
        assert told in page.text


def test_who_is_not_written_to_is_listed_with_the_reason(ann: Person, campaign: Campaign) -> None:
    page = ann.get(f"/campaigns/{campaign.id}?group=excluded").text
    assert "2 unsubscribed" in page
    assert "1 written to 3 days ago" in page
    assert invented(WRITTEN).display_name in page
    assert page.count('<li id="row-') == EXCLUDED


def test_a_mail_says_what_speaks_against_it_where_it_links_to_and_what_it_rests_on(
    ann: Person, campaign: Campaign
) -> None:
    page = ann.get(f"/campaigns/{campaign.id}?group=blocked&row=9").text
    for told in ("cannot leave as it is", "holds a placeholder", "[Name]", "https://acme.example/map", "opts out",
                 "Rests on 2 facts", "first Friday of each month", "0.0021 USD"):  # fmt: skip
        assert told in page
    assert 'data-key="a"' not in page


@pytest.mark.parametrize(("view", "told"), [("text", "Dear "), ("source", "List-Unsubscribe: "), ("html", "<iframe")])
def test_a_mail_is_seen_as_it_arrives_as_text_and_as_its_source(
    ann: Person, campaign: Campaign, view: str, told: str
) -> None:
    page = ann.get(f"/campaigns/{campaign.id}?row=1&view={view}").text
    assert told in page
    assert ("<iframe" in page) is (view == "html")


def test_mails_are_decided_one_by_one_and_both_places_see_it(
    ann: Person, ben: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    answer = ann.post(f"/campaigns/{campaign.id}/mails/2/mark", deed="rejected", seen="", group="clean", open="2")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/campaigns/{campaign.id}?group=clean&row=2")
    assert one(store, scope, campaign, 2).state is MailState.REJECTED
    seen_by_ben = ben.get(f"/campaigns/{campaign.id}").text
    assert f"Approve {WRITTEN - BLOCKED - 1}, leave {BLOCKED + 1}" in seen_by_ben
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


def test_the_last_word_is_said_with_numbers_and_wakes_the_run(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine
) -> None:
    ann.post(f"/campaigns/{campaign.id}/mails/1/mark", deed="rejected", seen="")
    page = ann.get(f"/campaigns/{campaign.id}/decide")
    assert f"Approve {WRITTEN - BLOCKED - 1}, leave {BLOCKED + 1}" in page.text
    answer = ann.post(f"/campaigns/{campaign.id}/approve", **fields(page), choice="approve", comment="go")
    assert answer.headers["location"] == f"/campaigns/{campaign.id}"
    approval = {"decision": "approve", "reviewer": "ann@acme.example", "comment": "go"}
    assert engine.resumed == [(campaign.flow_run_id, approval)]
    with store.read() as session:
        found = campaigns.campaign(session, scope, campaign.id)
    assert (found.status, found.decided_by, found.decision_proven) == ("sending", "ann@acme.example", True)
    states = [mail.state.value for mail in every(store, scope, campaign)]
    assert [states.count(state) for state in ("approved", "rejected", "blocked")] == [21, 1, 2]


def test_only_mails_without_a_remark_leave_where_that_is_chosen(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    ann.post(f"/campaigns/{campaign.id}/mails/3/mark", deed="approved", seen="")
    page = ann.get(f"/campaigns/{campaign.id}/decide")
    assert f"Approve 18, leave {WRITTEN - 18}" in page.text
    ann.post(f"/campaigns/{campaign.id}/approve", **fields(page) | {"choice": "approve_safe"})
    states = [mail.state.value for mail in every(store, scope, campaign)]
    assert [states.count(state) for state in ("approved", "rejected", "blocked")] == [18, 4, 2]


def test_a_stale_page_approves_nothing(
    ann: Person, ben: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    ben.post(f"/campaigns/{campaign.id}/mails/1/mark", deed="rejected", seen="")
    marked = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert marked.headers["location"] == f"/campaigns/{campaign.id}/decide?changed=1"
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    version = str(one(store, scope, campaign, 2).version)
    ben.post(f"/campaigns/{campaign.id}/mails/2/edit", version=version, subject="New", text="Dear all,\n\nanother text")
    with store.read() as session:
        beat = mail_marks.pulse(session, scope, campaign.id)
    edited = ann.post(f"/campaigns/{campaign.id}/approve", **page | {"pulse": beat})
    assert edited.status_code == 409
    assert "look at the campaign again" in edited.text
    assert ann.post(f"/campaigns/{campaign.id}/approve", pulse=beat).status_code == 400
    assert status(store, scope, campaign) is CampaignStatus.REVIEW


def test_a_double_click_approves_once(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine
) -> None:
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ann.post(f"/campaigns/{campaign.id}/approve", **page).status_code, range(4)))
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(engine.resumed) == 1
    with store.read() as session:
        approvals = [entry for entry in audit.entries(session, scope) if entry.action == "campaign.approved"]
    assert len(approvals) == 1


def test_a_campaign_is_rejected_with_a_reason(ann: Person, store: Store, scope: Scope, campaign: Campaign) -> None:
    page = ann.get(f"/campaigns/{campaign.id}/decide?choice=reject")
    ann.post(f"/campaigns/{campaign.id}/reject", **fields(page), comment="not now")
    assert status(store, scope, campaign) is CampaignStatus.REJECTED
    assert MailState.GENERATED not in {mail.state for mail in every(store, scope, campaign)}


def test_a_decision_stands_where_prefect_does_not_answer(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> bool:
        raise EngineUnreachable("Prefect does not answer")

    monkeypatch.setattr(engine, "resume", down)
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    answer = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert "Prefect is back" in ann.get(answer.headers["location"]).text
    assert status(store, scope, campaign) is CampaignStatus.SENDING


def test_a_decision_at_the_terminal_shows_at_once(ann: Person, store: Store, scope: Scope, campaign: Campaign) -> None:
    before = ann.get(f"/campaigns/{campaign.id}/pulse").json()
    with store.begin() as session:
        first = mails.mail(session, scope, campaign.id, "1", None)
        mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor="ann@acme.example", mail_ids=[first.id])
    marked = ann.get(f"/campaigns/{campaign.id}/pulse").json()
    with store.begin() as session:
        decision = Decision(Choice.APPROVE, "ann@acme.example", digest=campaign.digest)
        campaign_reviews.decide(session, scope, campaign.id, decision)
    decided = ann.get(f"/campaigns/{campaign.id}/pulse").json()
    assert len({str(beat) for beat in (before, marked, decided)}) == 3
    page = ann.get(f"/campaigns/{campaign.id}").text
    assert "approved by ann@acme.example" in page
    assert "/decide" not in page
    assert ann.get(f"/campaigns/{campaign.id}/decide").headers["location"] == f"/campaigns/{campaign.id}"


def test_above_a_set_size_whoever_started_it_is_told_that_somebody_else_must_approve(
    ann: Person, ben: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    with store.begin() as session:
        organization_settings.change(session, scope, {"four_eyes_above": "10"}, actor="ann@acme.example")
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    refused = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert refused.status_code == 409
    assert "somebody else" in refused.text.lower()
    assert ben.post(f"/campaigns/{campaign.id}/approve", **page).status_code == 303


def test_who_comes_too_late_is_told_so(ann: Person, store: Store, scope: Scope, campaign: Campaign) -> None:
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    with store.begin() as session:
        campaigns.note(session, scope, campaign.id, expires_at=now() - timedelta(minutes=1))
    answer = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert answer.status_code == 409
    assert "start a new campaign" in answer.text


def test_mails_are_found_by_whom_they_go_to_and_by_what_they_say(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    mail = one(store, scope, campaign, 7)
    assert mail.draft
    by_address = ann.post(f"/campaigns/{campaign.id}/search", words=mail.draft.recipient.address.upper()).text
    assert by_address.count('<li id="row-') == 1
    assert 'id="row-7"' in by_address
    assert ann.post(f"/campaigns/{campaign.id}/search", words="please come").text.count('<li id="row-') == WARNED
    assert "Nothing is found" in ann.post(f"/campaigns/{campaign.id}/search", words="no such word").text


@pytest.mark.parametrize("query", ["group=nonsense", "row=0", "row=9999", "after=1e9", "row=" + "9" * 30, "view=x"])
def test_odd_questions_break_no_page(ann: Person, campaign: Campaign, query: str) -> None:
    assert ann.get(f"/campaigns/{campaign.id}?{query}").status_code in {200, 404}


def test_of_many_mails_only_a_window_is_shown_and_all_are_approved_with_one_request(
    ann: Person, store: Store, scope: Scope
) -> None:
    with store.begin() as session:
        large = large_campaign(session, scope, 10_000)
    page = ann.get(f"/campaigns/{large.id}?group=clean")
    assert page.text.count('<li id="row-') == 100
    assert len(page.content) < 150_000
    assert "Approve all 9,900" in page.text
    further = re.search(r'href="([^"]+)" data-more', page.text)
    assert further is not None
    second = ann.get(further[1].replace("&amp;", "&")).text
    assert 'id="row-102"' in second
    assert 'id="row-100"' not in second
    ann.post(f"/campaigns/{large.id}/marks", whole="approved", group="clean")
    with store.read() as session:
        made = mail_marks.marks(session, scope, large.id)
    assert [mark.number for mark in made] == [9_900]


def test_once_the_mails_are_forgotten_the_page_still_tells_what_became_of_them(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    with store.begin() as session:
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.REJECT, "ann@acme.example"))
        campaigns.forget(session, scope, campaign.id)
        mails.clear(session, scope, campaign.id)
    page = ann.get(f"/campaigns/{campaign.id}?row=1")
    assert page.status_code == 200
    assert "no longer kept" in page.text
    assert "no longer kept" in ann.get(f"/campaigns/{campaign.id}/mails/1/letter").text
