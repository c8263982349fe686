"""People are told what needs them: each matter once at each address, with a link and nothing personal."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deployments.simulators.server import Simulators
from storage.documents import now
from storage.organization import organization_settings
from storage.records import Audience, Matter, NoticeKind
from storage.reporting import notices
from storage.settings import settings
from storage.tables import metadata
from tasks.providers.telling import deliver, tell
from tasks.upkeep.notify import notify_people
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services

FAILED = Matter(NoticeKind.SYNC_FAILED, "a-sync")


class Sink:
    """A webhook; it refuses as often as it is told to."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.refusals = 0
        self.url = ""

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.got]

    def answer(self, body: bytes) -> int:
        if self.refusals:
            self.refusals -= 1
            return 503
        self.got.append(json.loads(body))
        return 200


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(made.answer(self.rfile.read(int(self.headers["Content-Length"]))))
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made.url = f"json://127.0.0.1:{server.server_port}/"
        yield made
        server.shutdown()


@pytest.fixture
def told(house: House, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Sink:
    """The operator's address in the settings."""
    del house
    monkeypatch.setenv("CONTACTFLOW_NOTIFY_URLS", sink.url)
    settings.cache_clear()
    return sink


def test_a_matter_is_told_once_however_often_it_is_noticed(house: House, told: Sink) -> None:
    assert [tell(house.store, house.scope, FAILED) for _ in range(3)] == [1, 0, 0]
    assert told.titles == ["A contact sync failed"]
    assert told.got[0]["message"] == (
        "Organization: acme\nhttp://127.0.0.1:4280/syncs/a-sync\ncontactflow preview a-sync"
    )


def test_a_message_about_a_campaign_leads_to_its_page(house: House, told: Sink) -> None:
    tell(house.store, house.scope, Matter(NoticeKind.CAMPAIGN_FAILED, "a-campaign", ""))
    assert "http://127.0.0.1:4280/campaigns/a-campaign\n" in told.got[0]["message"]


@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
def test_many_who_tell_at_once_tell_it_once(house: House, told: Sink) -> None:
    start = threading.Barrier(6)

    def telling() -> None:
        start.wait()
        tell(house.store, house.scope, FAILED)

    threads = [threading.Thread(target=telling) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(told.got) == 1


def test_an_address_that_refuses_is_tried_again_later_and_not_told_twice(house: House, told: Sink) -> None:
    told.refusals = 2
    assert tell(house.store, house.scope, FAILED) == 0
    assert deliver(house.store, house.scope) == 0, "not at once"
    for _ in range(2):
        house.sql("UPDATE notices SET due_at = '2020-01-01 00:00:00'")
        deliver(house.store, house.scope)
    house.sql("UPDATE notices SET due_at = '2020-01-01 00:00:00'")
    assert deliver(house.store, house.scope) == 0
    assert len(told.got) == 1


def test_an_address_that_never_answers_is_given_up(house: House, told: Sink) -> None:
    told.refusals = 1000
    tell(house.store, house.scope, FAILED)
    for _ in range(notices.MOST_ATTEMPTS + 3):
        house.sql("UPDATE notices SET due_at = '2020-01-01 00:00:00'")
        deliver(house.store, house.scope)
    assert 1000 - told.refusals == notices.MOST_ATTEMPTS


def test_who_dies_between_sending_and_noting_it_has_told_it_and_tells_it_once_more(
    house: House, told: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("storage.reporting.notices.mark_sent", dies)
        with pytest.raises(Died):
            tell(house.store, house.scope, FAILED)
    assert deliver(house.store, house.scope) == 0, "while its claim lasts nobody else takes it up"
    house.sql("UPDATE notices SET due_at = '2020-01-01 00:00:00'")
    assert deliver(house.store, house.scope) == 1
    assert len(told.got) == 2


def test_an_organization_s_own_addresses_take_the_place_of_the_settings(house: House, told: Sink) -> None:
    with house.store.begin() as session:
        own = notices.add_target(session, house.scope, told.url + "own", Audience.REVIEWERS, actor=ANN)
    assert tell(house.store, house.scope, FAILED) == 1
    assert {row.target for row in house.sql("SELECT target FROM notices")} == {own.id}


def test_admins_are_told_at_theirs_and_what_is_for_admins_reaches_somebody(house: House, told: Sink) -> None:
    escalated = Matter(NoticeKind.SYNC_OVERDUE, "a-sync", audience=Audience.ADMINS)
    with house.store.begin() as session:
        first = notices.add_target(session, house.scope, told.url + "all", Audience.REVIEWERS, actor=ANN)
        notices.note(session, house.scope, escalated)
        admins = notices.add_target(session, house.scope, told.url + "admins", Audience.ADMINS, actor=ANN)
        notices.note(session, house.scope, Matter(NoticeKind.SYNC_OVERDUE, "another", audience=Audience.ADMINS))
    targets = [row.target for row in house.sql("SELECT target FROM notices ORDER BY id")]
    assert targets == [first.id, admins.id]


def test_addresses_are_sealed_and_none_is_in_the_database_in_plain(house: House, told: Sink) -> None:
    with house.store.begin() as session:
        notices.add_target(session, house.scope, "slack://T1JJ3T3L2/A1BRTD4JD/sEcReT", Audience.REVIEWERS, actor=ANN)
        assert notices.addresses(session, house.scope)
    tell(house.store, house.scope, FAILED)
    del told
    everything = b"".join(path.read_bytes() for path in house.home.parent.glob("*.db*"))
    assert b"sEcReT" not in everything
    assert b"json://127" not in everything


def test_a_review_that_nobody_touches_is_told_after_a_day_and_to_admins_after_two(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    sync = pipeline.preview(connection)
    later = now() + timedelta(hours=25)
    assert "found" not in notify_people(house.store, now() + timedelta(hours=20))
    assert [notify_people(house.store, later)["told"] for _ in range(3)] == [1, 0, 0]
    assert [notify_people(house.store, later + timedelta(days=1))["told"] for _ in range(3)] == [1, 0, 0]
    assert told.titles == ["A contact sync waits for a decision, and nobody looks at it"] * 2
    assert sync.id in told.got[0]["message"]
    assert "@" not in json.dumps(told.got)


def test_an_organization_may_be_told_sooner_or_never(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    pipeline.preview(connection)
    with house.store.begin() as session:
        wanted = {"remind_hours": "0", "escalate_hours": "0"}
        organization_settings.change(session, house.scope, wanted, actor=ANN)
    assert notify_people(house.store, now() + timedelta(days=5))["told"] == 0
    with house.store.begin() as session:
        organization_settings.change(session, house.scope, {"remind_hours": "2"}, actor=ANN)
    assert notify_people(house.store, now() + timedelta(hours=3))["told"] == 1
    assert len(told.got) == 1


def test_what_failed_ran_low_came_back_or_was_lost_is_found_by_looking(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    sync = pipeline.preview(connection)
    house.sql("UPDATE contact_syncs SET status = 'failed' WHERE id = :id", id=sync.id)
    house.sql("UPDATE oauth_connections SET status = 'needs_reconnect'")
    filled(house, "ai_budgets", subject="matching/2026-11", spending_limit=10, spent=8, reserved=0)
    filled(house, "ai_budgets", subject="matching/2026-12", spending_limit=10, spent="7.99", reserved=0)
    filled(house, "ai_budgets", subject="campaign/c-1", spending_limit=0, spent=0, reserved=0)
    assert notify_people(house.store)["told"] == 3
    assert notify_people(house.store)["told"] == 0
    assert sorted(told.titles) == [
        "A connected account must be connected again",
        "A contact sync failed",
        "Four fifths of a language model's budget are spent",
    ]


@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize(("bounced", "sent", "is_news"), [(1, 19, True), (1, 20, False), (3, 10, False)])
def test_many_bounces_are_told(house: House, told: Sink, bounced: int, sent: int, is_news: bool) -> None:  # noqa: FBT001
    campaign = filled(
        house, "email_campaigns", mailbox="smtp", user_id=house.scope.user_id, flow_run_id="r", status="sending",
    )  # fmt: skip
    for number in range(bounced + sent):
        state = "bounced" if number < bounced else "sent"
        filled(
            house, "campaign_emails", campaign_id=campaign, ordinal=number, object_id=str(number), state=state,
            mailbox="smtp", approved_hash="h", content_hash="h",
        )  # fmt: skip
    assert notify_people(house.store)["told"] == is_news
    assert told.titles == ["Many mails of a campaign bounce"] * is_news


def test_what_is_long_past_is_no_news_to_whoever_begins_to_be_told(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    sync = pipeline.preview(connection)
    house.sql(
        "UPDATE contact_syncs SET status = 'failed', updated_at = '2020-01-01 00:00:00' WHERE id = :id", id=sync.id
    )
    assert notify_people(house.store)["told"] == 0
    assert told.got == []


def test_a_mail_by_smtp_tells_it_too(house: House, simulators: Simulators) -> None:
    url = (
        f"mailto://{simulators.urls.smtp_host}:{simulators.urls.smtp_port}?from=house@acme.example&to=ops@acme.example"
    )
    with house.store.begin() as session:
        notices.add_target(session, house.scope, url, Audience.REVIEWERS, actor=ANN)
    assert tell(house.store, house.scope, FAILED) == 1
    (mail,) = simulators.world.delivered
    assert mail.recipients == ("ops@acme.example",)
    assert b"/syncs/a-sync" in mail.raw


def filled(house: House, table: str, **values: Any) -> str:
    """A row made by hand, with what it cannot do without."""
    row_id = f"{table}-{now():%H%M%S%f}"
    columns = metadata.tables[table].c
    moments = {name: now() for name in ("created_at", "updated_at") if name in columns}
    with house.store.begin() as session:
        row = {"id": row_id, "organization_id": house.scope.organization_id} | moments | values
        session.enter(house.scope.organization_id)
        session.execute(metadata.tables[table].insert().values(row))
    return row_id


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_of_message_has_its_words_and_fits_its_column(kind: NoticeKind) -> None:
    from tasks.rules.telling import message  # noqa: PLC0415 (only here)

    title, body = message(kind, "an-id", "acme", "https://contactflow.example")
    assert title
    assert "acme" in body
    assert len(Matter(kind, "x" * 36, "2026-11-25T12:00:00", Audience.REVIEWERS).key) <= 200
