"""After its time to be kept, no text and no address of a campaign is anywhere but with the CRM's own contacts.

All files are searched as they lie on the disk, free pages and logs included: ours and Prefect's. Proof stays.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from prefect.utilities.asyncutils import run_coro_as_sync

from deployments.simulators.server import Simulators
from storage import audit
from storage.campaign import campaigns, mails
from storage.campaign.campaigns import Campaign
from storage.documents import new_id
from storage.people import contacts
from storage.records import CampaignStatus, Contact, Labelled, Mail, MailState
from storage.settings import settings
from tests.conftest import HOME
from tests.flows.campaign_line import person
from tests.flows.house import ANN, House
from tests.flows.prefect_server import Driver, Server, drained

FLOW = "email-campaign"
OURS = ("Quokka sanctuary", "zibibbo tasting", "wombats gladly")
NAME = "Numbat newsletter"
BRIEF = f"""---
language: en
sender: Ann of Acme
facts: [{OURS[0]} opened in 1999.]
---
Invite the person to a {OURS[1]}, which {OURS[2]} attend.
"""
WAYS = ("bounce-hard", "reply", "away", "unsubscribe", "person")
PIECE = 24
LEAST = 8  # letters; shorter ones are found by chance
ENDED = (MailState.SENT, MailState.BOUNCED, MailState.REPLIED)


@pytest.fixture
def mailbox(house: House, simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> str:
    """Five contacts, who answer in every way there is, and a model that writes to them."""
    monkeypatch.setenv("OPENAI_BASE_URL", simulators.urls.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", simulators.urls.openai_api_key)
    settings.cache_clear()
    connection, box = house.connect(simulators, "microsoft", size=0)
    simulators.world.post.set_rules(simulators.world.letterbox("microsoft", box.email), {"per_minute": 0})
    people = [person(n, emails=(Labelled(f"{way}.zq{n}@xylem.example", "work"),)) for n, way in enumerate(WAYS)]
    with house.store.begin() as session:
        contacts.create(session, house.scope, [Contact(new_id(), 1, one, {}) for one in people])
    return connection


def sent(driver: Driver, house: House, mailbox: str) -> Campaign:
    run = driver.start(FLOW, organization="acme", user=ANN, name=NAME, brief=BRIEF, connection=mailbox)
    driver.run(run, FLOW)
    driver.resume(run)
    assert driver.run(run, FLOW) == "Completed"
    with house.store.read() as session:
        [campaign] = campaigns.campaigns(session, house.scope)
    assert campaign.status is CampaignStatus.COMPLETED
    return campaign


def mails_of(house: House, campaign: Campaign) -> list[Mail]:
    with house.store.read() as session:
        key = campaigns.body_key(session, house.scope, campaign.id)
        return list(mails.every(session, house.scope, campaign.id, key))


def said(found: Iterable[Mail]) -> Iterator[str]:
    for mail in found:
        assert mail.draft
        assert mail.draft.letter
        letter = mail.draft.letter
        yield from (letter.subject, letter.greeting, letter.preheader, *(one.text for one in letter.paragraphs))


def sealed(house: House, campaign: Campaign) -> list[bytes]:
    """Pieces of what could be opened with the key, and of the key as it is kept; a whole one may lie on two pages."""
    rows = house.sql("SELECT draft, content FROM campaign_emails WHERE campaign_id = :id", id=campaign.id)
    [(key, brief)] = house.sql("SELECT body_key, brief FROM email_campaigns WHERE id = :id", id=campaign.id)
    kept = [bytes(one) for one in (key, brief, *(part for row in rows for part in row))]
    return [one[at : at + PIECE] for one in kept for at in (8, len(one) // 2, len(one) - PIECE)]


def found_in_files(places: Iterable[Path], words: Iterable[bytes]) -> set[bytes]:
    files = [path.read_bytes().lower() for place in places for path in place.rglob("*") if path.is_file()]
    return {word for word in words if any(word.lower() in text for text in files)}


def spellings(words: Iterable[str]) -> list[bytes]:
    long = {word for word in words if len(word) >= LEAST}
    return [word.encode(code) for word in long for code in ("utf-8", "utf-16-le", "unicode-escape")]


def without_the_crm(house: House) -> None:
    """As if the contacts had never been there: what is found of them now lies elsewhere."""
    path = str(house.store.engine.url.database)
    house.store.engine.dispose()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in ("PRAGMA secure_delete = ON", "DELETE FROM objects", "PRAGMA wal_checkpoint(TRUNCATE)"):
            database.execute(statement).fetchall()


def test_after_its_time_nothing_of_a_campaign_is_left_but_the_proof(
    house: House, driver: Driver, prefect_server: Server, mailbox: str, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    database = Path(str(house.store.engine.url.database)).parent
    places = (prefect_server.home, HOME / "prefect", HOME / "contactflow", house.home, database)
    with caplog.at_level(logging.DEBUG):
        campaign = sent(driver, house, mailbox)
        written = mails_of(house, campaign)
        texts = spellings([*OURS, NAME, *said(written)])
        addresses = spellings(mail.draft.recipient.address for mail in written if mail.draft)
        locked = sealed(house, campaign)
        assert {mail.state for mail in written} == set(ENDED)
        assert len(found_in_files(places, locked)) > 0.9 * len(locked), "the search finds what is there"
        assert found_in_files(places, spellings(OURS)), "the run was started with it"
        monkeypatch.setenv("CONTACTFLOW_HOME", str(prefect_server.home))  # as where one machine does it all
        settings.cache_clear()
        house.sql("UPDATE email_campaigns SET forget_at = '2020-01-01 00:00:00.000000'")
        assert driver.run(driver.start("housekeeping"), "housekeeping") == "Completed"
    run_coro_as_sync(drained())
    assert found_in_files(places, [*texts, *locked]) == set()
    told = (caplog.text + "".join(capfd.readouterr())).encode()
    assert [word for word in (*texts, *addresses) if word in told] == []
    assert_the_proof_stays(house, campaign, written)
    without_the_crm(house)
    assert found_in_files(places, addresses) == set()


def assert_the_proof_stays(house: House, before: Campaign, written: list[Mail]) -> None:
    with house.store.read() as session:
        now: Any = campaigns.campaign(session, house.scope, before.id)
        actions = {entry.action for entry in audit.entries(session, house.scope, subject=before.id)}
    assert (now.name, now.forgotten_at is not None) == ("", True)
    for kept in ("digest", "decided_by", "decided_at", "prompt_version", "model", "total_cost", "statistics"):
        assert getattr(now, kept) == getattr(before, kept) != "", kept
    assert {"campaign.approved", "campaign.completed", "mails.forgotten"} <= actions
    assert [proof(mail) for mail in mails_of(house, now)] == [proof(mail) for mail in written]
    assert all(mail.draft is None for mail in mails_of(house, now))


def proof(mail: Mail) -> tuple[str, ...]:
    return mail.content_hash, mail.approved_hash, mail.address_hash, mail.prompt_hash, mail.state, mail.reason
