"""What assistants suggest stands beside what it is about; only a person who follows it decides, as themselves."""

import re

import pytest

from storage.campaign import mails
from storage.campaign.campaigns import Campaign
from storage.organization import suggestions
from storage.records import Advice, ChangeState, Deed, MailState, Run, RunKind
from storage.scope import Scope
from storage.session import Store
from storage.sync import marks, plans
from storage.sync.syncs import Sync
from tests.web.conftest import Person

WHY = "the <b>job</b> title was typed by hand"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages do is the same whatever lies behind them; the repositories are tried on both."""
    return sqlite_url


def advise(store: Store, scope: Scope, run: Run, advice: dict[int, Advice]) -> None:
    with store.begin() as session:
        for number, word in advice.items():
            suggestions.suggest(session, scope, run, number, word, WHY, by="Desk assistant")


def states(store: Store, scope: Scope, sync: Sync) -> dict[int, ChangeState]:
    with store.read() as session:
        return {row.ordinal: row.state for row in plans.changes(session, scope, sync.id, None, limit=20)}


def newest(page: str) -> str:
    (found,) = set(re.findall(r'name="newest" value="([^"]+)"', page))
    return str(found)


def test_a_suggestion_stands_beside_its_row_and_changes_nothing(
    store: Store, scope: Scope, ann: Person, sync: Sync
) -> None:
    before = states(store, scope, sync)
    advise(store, scope, Run(RunKind.SYNC, sync.id), {0: Advice.LOOK, 2: Advice.REJECT})
    shown = ann.get(f"/syncs/{sync.id}?row=2").text
    assert "Desk assistant</b> suggests: <b>leave out" in shown
    assert "&lt;b&gt;job" in shown, "what an assistant wrote is a stranger's text"
    assert "suggests: <b>look closely" in shown, "what is about the whole stands with the queue"
    assert "suggests: <b>leave out" not in ann.get(f"/syncs/{sync.id}?row=3").text
    assert states(store, scope, sync) == before


def test_all_of_one_kind_are_followed_at_once_and_taken_back_at_once(
    store: Store, scope: Scope, ann: Person, sync: Sync
) -> None:
    run, path = Run(RunKind.SYNC, sync.id), f"/syncs/{sync.id}/marks"
    advise(store, scope, run, {1: Advice.REJECT, 2: Advice.REJECT, 3: Advice.APPROVE, 4: Advice.REJECT, 5: Advice.LOOK})
    advise(store, scope, run, {4: Advice.APPROVE})  # another assistant sees it otherwise
    shown = ann.get(f"/syncs/{sync.id}").text
    assert "Leave out 2 as suggested" in shown
    seen = newest(shown)
    advise(store, scope, run, {6: Advice.REJECT})  # while the reviewer looks
    assert ann.post(path, advised="reject", newest=seen).status_code == 303
    now = states(store, scope, sync)
    assert {number for number, state in now.items() if state is ChangeState.REJECTED} == {1, 2}
    with store.read() as session:
        (made,) = marks.marks(session, scope, sync.id)
    assert (made.actor, made.deed, made.number) == ("ann@acme.example", Deed.REJECTED, 2)
    ann.post(f"{path}/take-back", mark=made.id)
    assert set(states(store, scope, sync).values()) == {ChangeState.PROPOSED}


def test_what_somebody_decided_is_not_decided_anew_by_following(
    store: Store, scope: Scope, ann: Person, ben: Person, sync: Sync
) -> None:
    advise(store, scope, Run(RunKind.SYNC, sync.id), {1: Advice.REJECT})
    seen = newest(ann.get(f"/syncs/{sync.id}").text)
    ben.post(f"/syncs/{sync.id}/rows/1/mark", deed="approved", seen="")
    assert ann.post(f"/syncs/{sync.id}/marks", advised="reject", newest=seen).status_code == 409
    assert states(store, scope, sync)[1] is ChangeState.APPROVED


@pytest.mark.parametrize("word", ["look", "approved", "'; --"])
def test_only_what_can_be_followed_is_followed(ann: Person, sync: Sync, word: str) -> None:
    assert ann.post(f"/syncs/{sync.id}/marks", advised=word, newest="z").status_code == 400


def test_suggestions_about_mails_are_followed_likewise(
    store: Store, scope: Scope, ann: Person, campaign: Campaign
) -> None:
    with store.read() as session:
        fine = mails.mails(session, scope, campaign.id, None, states=[MailState.GENERATED], limit=2)
    numbers = [mail.ordinal for mail in fine]
    advise(store, scope, Run(RunKind.CAMPAIGN, campaign.id), dict.fromkeys(numbers, Advice.REJECT))
    shown = ann.get(f"/campaigns/{campaign.id}?row={numbers[0]}").text
    assert "Desk assistant</b> suggests: <b>leave out" in shown
    assert ann.post(f"/campaigns/{campaign.id}/marks", advised="reject", newest=newest(shown)).status_code == 303
    with store.read() as session:
        after = mails.mails(session, scope, campaign.id, None, ordinals=numbers)
    assert {mail.state for mail in after} == {MailState.REJECTED}
