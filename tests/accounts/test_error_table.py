"""What each trouble of a service means for a whole sync: how it ends, how its connection stands, and what has moved."""

from dataclasses import dataclass
from functools import partial

import pytest

from deployments.simulators import changes
from deployments.simulators.control import truth
from deployments.simulators.faults import Fault
from deployments.simulators.mailbox import DEFAULT_FOLDER, Change, Mailbox
from deployments.simulators.server import Simulators
from storage import connections
from storage.records import ChangeKind, ConnectionStatus, SyncStatus
from tasks.providers import oauth, sources
from tasks.providers.base import ProviderError
from tasks.providers.manners import Patience
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.05)
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

    def fault(self, kind: str = "status", *, at: str = "", **how: float | str) -> None:
        self.simulators.world.faults.add(Fault(kind, route=at or ROUTE[self.provider], **how))  # type: ignore[arg-type]

    def status(self) -> ConnectionStatus:
        with self.house.store.read() as session:
            return connections.connection(session, self.house.scope, self.connection).status

    def linked(self) -> set[str]:
        return {row[0] for row in self.house.sql("SELECT source_id FROM object_links")}

    def completes(self) -> None:
        before = self.house.cursor(self.connection)
        assert self.pipeline.run(self.connection).status is SyncStatus.COMPLETED
        assert self.linked() == set(truth(self.mailbox))
        assert self.house.cursor(self.connection) != before
        assert self.status() is ACTIVE

    def fails(self, why: str, *, leaves: ConnectionStatus = ACTIVE) -> None:
        before = self.house.cursor(self.connection), self.house.crm(), self.linked()
        sync_id = self.pipeline.open(self.connection)
        with pytest.raises(ProviderError, match=why):
            self.pipeline.to_review(sync_id)
        assert self.pipeline.sync(sync_id).status is SyncStatus.FAILED
        assert self.status() is leaves
        assert (self.house.cursor(self.connection), self.house.crm(), self.linked()) == before
        assert self.simulators.world.ledger.of(self.mailbox.email).too_early == 0


@pytest.fixture(params=["microsoft", "google"])
def account(
    request: pytest.FixtureRequest, house: House, pipeline: Pipeline, simulators: Simulators,
    monkeypatch: pytest.MonkeyPatch,
) -> Account:  # fmt: skip
    """One that was read once, and where somebody has been edited since."""
    simulators.world.faults.clear()
    for name in ("MicrosoftSource", "GoogleSource"):
        monkeypatch.setattr(f"tasks.providers.sources.{name}", partial(getattr(sources, name), patience=QUICK))
    monkeypatch.setattr("tasks.providers.kept_tokens.refresh", partial(oauth.refresh, patience=QUICK))
    connection, mailbox = house.connect(simulators, request.param, size=12)
    made = Account(house, pipeline, simulators, request.param, connection, mailbox)
    made.completes()
    changes.at_random(mailbox, simulators.world.now(), edit=0.1, add=0.1, seed=1)
    return made


def test_one_401_is_answered_with_another_token(account: Account) -> None:
    account.fault(status=401)
    account.completes()


def test_401_again_needs_a_new_sign_in(account: Account) -> None:
    account.fault(status=401, times=0)
    account.fails("sign in again", leaves=RECONNECT)


@pytest.mark.parametrize("error", ["invalid_grant", "interaction_required", "consent_required"])
def test_what_only_the_owner_can_mend_needs_a_new_sign_in(account: Account, error: str) -> None:
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    account.fault(at="/token", status=400, code=error, times=0)
    account.fails("sign in again", leaves=RECONNECT)


def test_a_client_that_is_not_accepted_leaves_the_connection_as_it_is(account: Account) -> None:
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    account.fault(at="/token", status=401, code="invalid_client", times=0)
    account.fails("operators")


@pytest.mark.parametrize(("status", "code"), [(503, ""), (400, "temporarily_unavailable"), (500, "server_error")])
def test_a_busy_sign_in_is_waited_for_or_told(account: Account, status: int, code: str) -> None:
    account.simulators.world.tokens.expire(account.provider, account.mailbox.email)
    account.fault(at="/token", status=status, code=code, times=0)
    account.fails("busy")
    account.simulators.world.faults.clear()
    account.fault(at="/token", status=status, code=code, retry_after=0.1)
    account.completes()


@pytest.mark.parametrize(("status", "code"), [(429, ""), (503, ""), (403, "rateLimitExceeded")])
def test_a_busy_service_is_waited_for_or_told(account: Account, status: int, code: str) -> None:
    account.fault(status=status, code=code, retry_after=0.1, times=0)
    account.fails("busy")
    account.simulators.world.faults.clear()
    account.fault(status=status, code=code, retry_after=0.1)
    account.completes()


@pytest.mark.parametrize(("status", "code"), [(410, ""), (400, "syncStateNotFound"), (400, "EXPIRED_SYNC_TOKEN")])
def test_an_expired_cursor_is_read_anew_once_and_then_fails(account: Account, status: int, code: str) -> None:
    account.fault(status=status, code=code, times=0)
    account.fails("no longer knows the place")
    account.simulators.world.faults.clear()
    account.fault(status=status, code=code)
    account.completes()


def test_a_missing_permission_is_named_and_needs_a_new_sign_in(account: Account) -> None:
    account.fault(status=403, code="insufficient_claims", times=0)
    account.fails("ontacts", leaves=RECONNECT)


@pytest.mark.parametrize("account", ["microsoft"], indirect=True)
def test_a_removed_folder_only_proposes_to_remove_what_was_in_it(account: Account) -> None:
    now, box = account.simulators.world.now(), account.mailbox
    changes.record(box, Change("folder", "AQMkADnew", folder=DEFAULT_FOLDER, name="New", at=now), now)
    moved, *_ = box.alive()
    changes.put(box, moved.card, now, key=moved.key, folder="AQMkADnew")
    account.completes()
    changes.remove(box, moved.key, now)
    changes.record(box, Change("folder_gone", "AQMkADnew", at=now), now)
    sync = account.pipeline.preview(account.connection)
    assert len(account.pipeline.rows(sync, ChangeKind.REMOVED)) == 1
    account.pipeline.approve(sync)
    assert account.linked() == set(truth(box))


@pytest.mark.parametrize(
    ("kind", "status"), [("status", 400), ("status", 404), ("truncated", 200), ("html", 200), ("cut", 200)]
)
def test_an_answer_that_cannot_be_used_fails_the_read(account: Account, kind: str, status: int) -> None:
    at = "contactFolders/contacts/" if account.provider == "microsoft" else ""
    account.fault(kind, at=at, status=status, times=0)
    account.fails("icrosoft|oogle")
