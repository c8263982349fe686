"""People are told what needs them: each matter once at each address, with a link and nothing personal."""

import threading

import pytest

from deployments.simulators.server import Simulators
from storage.records import Audience, Matter, NoticeKind
from storage.reporting import notices
from tasks.providers.notifications import deliver, tell
from tests.flows.house import ANN, House
from tests.flows.sink import Sink

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services

FAILED = Matter(NoticeKind.SYNC_FAILED, "a-sync")


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


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_of_message_has_its_words_and_fits_its_column(kind: NoticeKind) -> None:
    from tasks.rules.notice_texts import message  # noqa: PLC0415 (only here)

    title, body = message(kind, "an-id", "acme", "https://contactflow.example")
    assert title
    assert "acme" in body
    assert len(Matter(kind, "x" * 36, "2026-11-25T12:00:00", Audience.REVIEWERS).key) <= 200
