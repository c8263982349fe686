"""All campaigns on a page, those that wait on the first one, and the form that begins another."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from storage.campaign import campaign_reviews, campaigns, segments, templates
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.campaign.templates import NewTemplate
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import Criteria, Provider
from storage.scope import Scope
from storage.session import Store
from tasks.providers.flow_runs.engine import EngineUnreachable
from tests.web.conftest import NotedEngine, Person

TEMPLATE = "Subject: An invitation\n\nDear {{ given_name }},\n\ncome and see us."


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages are the same whatever lies behind them."""
    return sqlite_url


@pytest.fixture
def mailbox(store: Store, scope: Scope) -> str:
    with store.begin() as session:
        return connections.connect(
            session, scope, provider=Provider.GOOGLE, account="ann@acme.example", tokens=StoredTokens("r", "a"),
            scopes=[],
        ).id  # fmt: skip


@pytest.fixture
def asking(ann: Person, mailbox: str) -> Callable[..., httpx2.Response]:
    def asked(**changed: str) -> httpx2.Response:
        form = {"once": new_id(), "name": "Spring", "brief": TEMPLATE, "connection": mailbox, "tags": "customer"}
        return ann.post("/campaigns/new", **form | changed)

    return asked


def every(store: Store, scope: Scope) -> list[Campaign]:
    with store.read() as session:
        return campaigns.campaigns(session, scope)


def test_where_there_is_none_the_page_says_what_to_do(ann: Person) -> None:
    page = ann.get("/campaigns").text
    assert "There is no campaign yet" in page
    assert 'href="/campaigns/new"' in page


def test_all_are_listed_with_their_numbers(ann: Person, campaign: Campaign) -> None:
    page = ann.get("/campaigns").text
    for told in (f"/campaigns/{campaign.id}", "Visit our workshop", "waits for a review", ">24<"):
        assert told in page


def test_what_waits_stands_on_the_first_page_until_it_is_decided(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    waiting = ann.get("/").text
    assert "24 mails of “Visit our workshop”" in waiting
    assert "Worth a look <b>5</b>" in waiting
    with store.begin() as session:
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, "ann@acme.example"))
    decided = ann.get("/").text
    assert "24 mails of" not in decided
    assert "Nothing waits for a decision" in decided
    assert "being sent" in decided


def test_a_campaign_begins_with_its_run_and_shows_that_it_has(
    ann: Person, store: Store, scope: Scope, engine: NotedEngine, mailbox: str, asking: Callable[..., httpx2.Response]
) -> None:
    answer = asking(pipeline="sales")
    [made] = every(store, scope)
    assert answer.headers["location"] == f"/campaigns/{made.id}?begun=1"
    assert (made.name, made.connection_id, made.criteria) == ("Spring", mailbox, Criteria("sales", "", ("customer",)))
    wanted = {"organization": "acme", "user": "ann@acme.example", "campaign": made.id}
    assert engine.started == [("email-campaign", wanted, made.id)]
    assert made.flow_run_id == "a run"
    page = ann.get(answer.headers["location"]).text
    assert "The campaign has begun" in page
    assert "Choosing whom to write to" in page


def test_a_double_click_begins_one_campaign(
    store: Store, scope: Scope, engine: NotedEngine, asking: Callable[..., httpx2.Response]
) -> None:
    once = new_id()
    answers = [asking(once=once).headers["location"].partition("?")[0] for _ in range(2)]
    assert len(set(answers)) == len(engine.started) == len(every(store, scope)) == 1


def test_presses_at_the_same_moment_begin_one_campaign(
    store: Store, scope: Scope, engine: NotedEngine, asking: Callable[..., httpx2.Response]
) -> None:
    once = new_id()
    with ThreadPoolExecutor(8) as presses:
        answers = list(presses.map(lambda _: asking(once=once), range(8)))
    assert {answer.headers["location"].partition("?")[0] for answer in answers} == {f"/campaigns/{once}"}
    assert len(engine.started) == len(every(store, scope)) == 1


def test_saved_templates_and_segments_can_be_chosen(
    ann: Person, store: Store, scope: Scope, asking: Callable[..., httpx2.Response]
) -> None:
    with store.begin() as session:
        kept = templates.save(session, scope, NewTemplate("News", "Hello", "Dear {{ given_name }}"), author="ann")
        segments.save(session, scope, "friends", Criteria(tags=("friends",)))
    page = ann.get("/campaigns/new").text
    assert "<option>News</option>" in page
    assert "<option>friends</option>" in page
    asking(brief="", template="News", segment="friends")
    [made] = every(store, scope)
    assert (made.template_id, made.criteria.tags) == (kept.id, ("friends",))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": ""}, "Give the campaign a name"),
        ({"brief": ""}, "The brief is empty"),
        ({"brief": "Subject: x\n\n{{ open('/etc/passwd') }}"}, "can be called"),
        ({"brief": "---\nlinks: [}\n---\nHello"}, "head"),
        ({"budget": "NaN"}, "Write an amount in US dollars"),
        ({"budget": "-1"}, "Write an amount in US dollars"),
        ({"segment": "nobody"}, "No segment"),
        ({"template": "none such", "brief": ""}, "No template"),
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed(
    store: Store, scope: Scope, engine: NotedEngine, asking: Callable[..., httpx2.Response],
    changed: dict[str, str], told: str,
) -> None:  # fmt: skip
    answer = asking(**changed)
    assert answer.status_code == 422
    alert = re.search(r'role="alert">([^<]*)', answer.text)
    assert alert is not None
    assert told.lower() in alert[1].lower()
    assert 'value="customer"' in answer.text
    assert (every(store, scope), engine.started) == ([], [])


def test_a_mailbox_of_somebody_else_is_not_there(
    store: Store, scope: Scope, rival: Scope, engine: NotedEngine, asking: Callable[..., httpx2.Response]
) -> None:
    with store.begin() as session:
        theirs = connections.connect(
            session, rival, provider=Provider.GOOGLE, account="rob@rival.example", tokens=StoredTokens("r", "a"),
            scopes=[],
        )  # fmt: skip
    assert asking(connection=theirs.id).status_code == 404
    assert (every(store, scope), engine.started) == ([], [])


def test_where_prefect_does_not_answer_nothing_is_left_that_looks_begun(
    store: Store, scope: Scope, engine: NotedEngine, asking: Callable[..., httpx2.Response],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def down(*_: object, **__: object) -> str:
        raise EngineUnreachable("Prefect does not answer at its address")

    monkeypatch.setattr(engine, "start", down)
    answer = asking()
    assert answer.status_code == 422
    assert "press the button again" in answer.text
    assert [one.status for one in every(store, scope)] == ["failed"]
    monkeypatch.undo()
    once = re.search(r'name="once" value="([^"]+)"', answer.text)
    assert once is not None
    assert asking(once=once[1]).status_code == 303


def test_without_a_mailbox_the_form_says_how_to_get_one(ann: Person) -> None:
    page = ann.get("/campaigns/new").text
    assert "There is no mailbox to send from" in page
    assert "The CRM holds no contact yet" in page
