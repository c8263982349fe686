"""What each trouble of a service means for a whole sync: how it ends, how its connection stands, and what has moved.

Each row of the table names the one action to take. That no other was taken is told by the requests: how often a token
was asked for, and how many pages of contacts.
"""

from collections import Counter
from dataclasses import dataclass
from functools import partial

import pytest

from deployments.simulators import changes
from deployments.simulators.control import truth
from deployments.simulators.faults import Fault
from deployments.simulators.mailbox import DEFAULT_FOLDER, Change, Mailbox
from deployments.simulators.server import Simulators
from storage.organization import connections
from storage.records import ChangeKind, ConnectionStatus, SyncStatus
from storage.settings import settings
from tasks.providers.access import oauth
from tasks.providers.access.sign_in_refusals import AppRefused
from tasks.providers.base import ProviderError
from tasks.providers.contacts import sources
from tasks.providers.polite_client import Patience
from tests.flows.house import ROB, House
from tests.flows.pipeline import Pipeline

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.05)
BUSY = [(429, ""), (503, ""), (403, "rateLimitExceeded"), (403, "userRateLimitExceeded")]
EXPIRED = [(410, ""), (400, "syncStateNotFound"), (404, "resyncRequired"), (400, "EXPIRED_SYNC_TOKEN")]
SCOPE = {"microsoft": "Contacts.Read", "google": "contacts.readonly"}
ROUTE = {"microsoft": "contacts/delta", "google": "connections"}
ACTIVE, RECONNECT = ConnectionStatus.ACTIVE, ConnectionStatus.NEEDS_RECONNECT


@dataclass
class Account:
    house: House
    pipeline: Pipeline
    simulators: Simulators
    provider: str
    connection: str
    mailbox: Mailbox
    usual: int = 0  # pages of a round that tells of changes only: one a list
    whole: int = 0

    def fault(self, kind: str = "status", *, at: str = "", **how: float | str) -> None:
        self.simulators.world.faults.add(Fault(kind, route=at or ROUTE[self.provider], **how))  # type: ignore[arg-type]

    def status(self) -> ConnectionStatus:
        with self.house.store.read() as session:
            return connections.connection(session, self.house.scope, self.connection).status

    def linked(self) -> set[str]:
        return {row[0] for row in self.house.sql("SELECT source_id FROM object_links")}

    def completes(self, *, pages: int, tokens: int = 0, full: bool = False) -> None:
        self.simulators.world.ledger.clear()
        before = self.house.cursor(self.connection)
        assert self.pipeline.run(self.connection, full=full).status is SyncStatus.COMPLETED
        assert self.linked() == set(truth(self.mailbox))
        assert self.house.cursor(self.connection) != before
        assert self.status() is ACTIVE
        assert (self.pages(), self.tokens()) == (pages, tokens)

    def fails(self, why: str, *, pages: int = 0, tokens: int = 0, leaves: ConnectionStatus = ACTIVE) -> None:
        self.simulators.world.ledger.clear()
        before = self.house.cursor(self.connection), self.house.crm(), self.linked()
        sync_id = self.pipeline.open(self.connection)
        with pytest.raises(ProviderError, match=why):
            self.pipeline.to_review(sync_id)
        assert self.pipeline.sync(sync_id).status is SyncStatus.FAILED
        assert self.status() is leaves
        assert (self.house.cursor(self.connection), self.house.crm(), self.linked()) == before
        assert self.simulators.world.ledger.of(self.mailbox.email).too_early == 0
        assert (self.pages(), self.tokens()) == (pages, tokens)

    def pages(self) -> int:
        return self.asked(ROUTE[self.provider]).total()

    def tokens(self) -> int:
        return self.asked("/token").total()

    def asked(self, end: str) -> Counter[str]:
        paths = sum((one.paths for one in self.simulators.world.ledger.accounts.values()), Counter[str]())
        return Counter({path: times for path, times in paths.items() if path.endswith(end)})


@pytest.fixture(params=["microsoft", "google"])
def account(
    request: pytest.FixtureRequest, house: House, pipeline: Pipeline, simulators: Simulators,
    monkeypatch: pytest.MonkeyPatch,
) -> Account:  # fmt: skip
    """One that was read once, and where somebody has been edited since."""
    simulators.world.faults.clear()
    for name in ("MicrosoftSource", "GoogleSource"):
        monkeypatch.setattr(f"tasks.providers.contacts.sources.{name}", partial(getattr(sources, name), patience=QUICK))
    monkeypatch.setattr("tasks.providers.access.kept_tokens.refresh", partial(oauth.refresh, patience=QUICK))
    connection, mailbox = house.connect(simulators, request.param, size=12)
    mailbox.page_size = 5
    made = Account(house, pipeline, simulators, request.param, connection, mailbox)
    simulators.world.ledger.clear()
    assert pipeline.run(connection).status is SyncStatus.COMPLETED
    made.usual, made.whole = len(made.asked(ROUTE[request.param])), made.pages()
    changes.at_random(mailbox, simulators.world.now(), edit=0.1, add=0.1, seed=1)
    return made


def test_one_401_is_answered_with_another_token(account: Account) -> None:
    account.fault(status=401)
    account.completes(pages=account.usual + 1, tokens=1)


def test_401_again_needs_a_new_sign_in(account: Account) -> None:
    account.fault(status=401, times=0)
    account.fails("sign in again", pages=2, tokens=1, leaves=RECONNECT)


@pytest.mark.parametrize("error", ["invalid_grant", "interaction_required", "consent_required"])
def test_what_only_the_owner_can_mend_needs_a_new_sign_in(account: Account, error: str) -> None:
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    account.fault(at="/token", status=400, code=error, times=0)
    account.fails("sign in again", tokens=1, leaves=RECONNECT)


def test_a_refused_application_pauses_all_accounts_with_it_until_its_settings_change(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, pipeline, secret = account.house, account.pipeline, f"CONTACTFLOW_{account.provider.upper()}_CLIENT_SECRET"
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    theirs, _ = house.connect(account.simulators, account.provider, size=2, user=ROB)
    begun = pipeline.open(theirs, user=ROB, organization="rival")
    monkeypatch.setenv(secret, "lapsed")
    settings.cache_clear()
    account.fails("operators must renew the client secret", tokens=1)
    for refused in (
        partial(pipeline.to_review, begun),
        partial(pipeline.open, account.connection),
        partial(pipeline.open, theirs, user=ROB, organization="rival"),
    ):
        with pytest.raises(AppRefused, match=f"all its accounts are paused until operators renew {secret}"):
            refused()
    assert account.tokens() == 1, "nobody asked again"

    monkeypatch.setenv(secret, account.simulators.urls.client_secret)
    settings.cache_clear()
    account.completes(pages=account.usual, tokens=1)
    assert pipeline.preview(theirs, user=ROB, organization="rival").status is SyncStatus.PREVIEW


def test_what_one_account_is_refused_pauses_no_other(account: Account) -> None:
    other, _ = account.house.connect(account.simulators, account.provider, size=2)
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    account.fault(at="/token", status=400, code="unauthorized_client")
    account.fails("operators", tokens=1)
    assert account.pipeline.run(other).status is SyncStatus.COMPLETED


@pytest.mark.parametrize(("status", "code"), [(503, ""), (400, "temporarily_unavailable"), (500, "server_error")])
def test_a_busy_sign_in_is_waited_for_or_told(account: Account, status: int, code: str) -> None:
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    account.fault(at="/token", status=status, code=code, times=0)
    account.fails("busy", tokens=QUICK.attempts)
    account.simulators.world.faults.clear()
    account.fault(at="/token", status=status, code=code, retry_after=0.1)
    account.completes(pages=account.usual, tokens=2)


@pytest.mark.parametrize(("status", "code"), BUSY)
def test_a_busy_service_is_waited_for_or_told(account: Account, status: int, code: str) -> None:
    account.fault(status=status, code=code, retry_after=0.1, times=0)
    account.fails("busy", pages=QUICK.attempts)
    account.simulators.world.faults.clear()
    account.fault(status=status, code=code, retry_after=0.1)
    account.completes(pages=account.usual + 1)


def test_who_had_to_wait_goes_on_at_the_same_page(account: Account) -> None:
    account.fault(status=429, after=1, retry_after=1, http_date=True)
    account.completes(full=True, pages=account.whole + 1)


@pytest.mark.parametrize(("status", "code"), EXPIRED)
def test_an_expired_cursor_is_read_anew_once_and_then_fails(account: Account, status: int, code: str) -> None:
    account.fault(status=status, code=code, times=0)
    account.fails("no longer knows the place", pages=2)
    account.simulators.world.faults.clear()
    account.fault(status=status, code=code)
    account.completes(pages=1 + account.whole)


def test_a_cursor_that_expires_in_mid_paging_drops_what_was_read_of_the_round(account: Account) -> None:
    account.fault(status=410, after=1)
    account.completes(full=True, pages=2 + account.whole)


@pytest.mark.parametrize("code", ["insufficient_claims", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"])
def test_a_missing_permission_is_named_and_needs_a_new_sign_in(account: Account, code: str) -> None:
    account.fault(status=403, code=code, times=0)
    account.fails(SCOPE[account.provider], pages=1, leaves=RECONNECT)


@pytest.mark.parametrize("account", ["microsoft"], indirect=True)
def test_a_removed_folder_only_proposes_to_remove_what_was_in_it(account: Account) -> None:
    now, box = account.simulators.world.now(), account.mailbox
    changes.record(box, Change("folder", "AQMkADnew", folder=DEFAULT_FOLDER, name="New", at=now), now)
    moved, *_ = box.alive()
    changes.put(box, moved.card, now, key=moved.key, folder="AQMkADnew")
    account.completes(pages=account.usual + 1)
    changes.remove(box, moved.key, now)
    changes.record(box, Change("folder_gone", "AQMkADnew", at=now), now)
    before = account.house.crm(), account.linked()
    sync = account.pipeline.preview(account.connection)
    assert (account.house.crm(), account.linked()) == before
    assert len(account.pipeline.rows(sync, ChangeKind.REMOVED)) == 1
    account.pipeline.approve(sync)
    assert account.linked() == set(truth(box))


@pytest.mark.parametrize(
    ("kind", "status", "tries"),
    [
        ("status", 400, 1),
        ("status", 404, 1),
        ("truncated", 200, 3),
        ("html", 200, 3),
        ("html", 404, 3),
        ("cut", 200, 3),
    ],
)
def test_an_answer_that_cannot_be_used_fails_the_read(account: Account, kind: str, status: int, tries: int) -> None:
    at = "contactFolders/contacts/" if account.provider == "microsoft" else ""
    account.fault(kind, at=at, status=status, times=0)
    account.fails("icrosoft|oogle", pages=account.usual - 1 + tries)  # the default folder is the last


@pytest.mark.parametrize("account", ["google"], indirect=True)
@pytest.mark.parametrize("full", [False, True])
def test_labels_that_cannot_be_read_are_told_and_take_nobodys_tags_away(account: Account, full: bool) -> None:  # noqa: FBT001
    tagged = {one.id: one.person.tags for one in account.house.crm() if one.person.tags}
    assert tagged
    account.fault(at="contactGroups", status=404, times=0)
    sync = account.pipeline.preview(account.connection, full=full)
    assert "labels could not be read" in "".join(sync.warnings)
    assert account.pipeline.approve(sync).status is SyncStatus.COMPLETED
    assert account.linked() == set(truth(account.mailbox))
    assert {one.id: one.person.tags for one in account.house.crm() if one.id in tagged} == tagged
