"""The ledger of delivered mails: every mail that really left, also when its sender never learned of it."""

import base64
import hashlib
import json
import signal
import smtplib
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators, serve
from tests.simulators.mails import by_key, in_url, told, written

MESSAGES = "/me/messages"


def ready(owner: Any, key: str) -> tuple[str, dict[str, Any]]:
    """How this draft is sent."""
    if owner.provider == "google":
        raw = in_url(written(key, sender="alice@gmail.example"))
        draft = owner.ask("POST", "/drafts", json={"message": {"raw": raw}}).json()
        return "/drafts/send", {"json": {"id": draft["id"]}}
    draft = owner.ask("POST", MESSAGES, json=told(key)).json()
    return f"{MESSAGES}/{draft['id']}/send", {}


@pytest.fixture(params=["microsoft", "google"])
def owner(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_mail_left_although_its_reply_was_lost(owner: Any) -> None:
    where, wish = ready(owner, "k1")
    owner.world.faults.add(Fault("reply_lost", route="/send"))
    with pytest.raises(httpx.TransportError):
        owner.ask("POST", where, **wish)
    assert owner.world.delivered.times("k1") == 1


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_mail_left_although_the_answer_was_an_error(owner: Any, status: int) -> None:
    where, wish = ready(owner, "k1")
    owner.world.faults.add(Fault("masked", route="/send", status=status))
    assert owner.ask("POST", where, **wish).status_code == status
    assert owner.world.delivered.times("k1") == 1


def test_an_accepted_mail_may_ask_to_wait_all_the_same(microsoft: Any) -> None:
    where, _ = ready(microsoft, "k1")
    microsoft.world.faults.add(Fault("asks_to_wait", route="/send", retry_after=5))
    answer = microsoft.ask("POST", where)
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (202, "5", b"")
    assert microsoft.world.delivered.times("k1") == 1


def test_an_error_before_the_sending_leaves_the_draft(owner: Any) -> None:
    where, wish = ready(owner, "k1")
    owner.world.faults.add(Fault("status", route="/send", status=429, retry_after=1))
    assert owner.ask("POST", where, **wish).status_code == 429
    assert len(owner.world.delivered) == 0
    assert owner.ask("POST", where, **wish).status_code in {200, 202}


def test_gmails_errors_have_their_reasons(google: Any) -> None:
    for status, code, reason in ((429, "", "rateLimitExceeded"), (403, "dailyLimitExceeded", "dailyLimitExceeded")):
        google.world.faults.add(Fault("status", route="/gmail/", status=status, code=code))
        answer = google.ask("GET", "/profile")
        assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (status, reason)
    google.world.faults.add(Fault("truncated", route="/gmail/"))
    with pytest.raises(json.JSONDecodeError):
        google.ask("GET", "/profile").json()


def test_faults_befall_a_share_and_the_same_ones_for_the_same_seed(microsoft: Any) -> None:
    def befallen(seed: int) -> list[int]:
        fault = Fault("status", share=0.2, seed=seed, times=0)
        return [number for number in range(500) if fault.befalls("/x", "", "GET")]

    assert befallen(1) == befallen(1) != befallen(2)
    assert 70 < len(befallen(1)) < 130
    fault = microsoft.world.faults.add(Fault("status", share=0.5, times=3, seed=4))
    statuses = [microsoft.ask("GET", MESSAGES).status_code for _ in range(30)]
    assert statuses.count(503) == fault.befallen == 3


def test_the_ledger_is_told_over_http(microsoft: Any, simulators: Simulators) -> None:
    microsoft.control("mail-settings", resend="twice")
    where, _ = ready(microsoft, "k1")
    microsoft.ask("POST", where)
    with smtplib.SMTP(simulators.urls.smtp_host, simulators.urls.smtp_port) as smtp:
        smtp.sendmail("alice@contoso.example", ["bob@client.example"], written("k2"))
    url = f"{simulators.urls.control_url}/delivered"
    counts = httpx.get(url).json()
    assert counts == {
        "delivered": 2,
        "keys": 2,
        "duplicates": 0,
        "recipients": 2,
        "by_mailbox": {"microsoft/alice@contoso.example": 1, "smtp/alice@contoso.example": 1},
    }
    [mail] = httpx.get(url, params={"key": "k2", "raw": "1"}).json()["mails"]
    assert base64.b64decode(mail["raw"]) == written("k2")
    assert mail["sha256"] == hashlib.sha256(written("k2")).hexdigest()
    assert httpx.get(url, params={"mailbox": "alice@contoso.example"}).json()["times"] == 2


def test_a_mailbox_that_sends_twice_shows_as_a_duplicate(microsoft: Any) -> None:
    microsoft.control("mail-settings", resend="twice")
    where, _ = ready(microsoft, "k1")
    assert [microsoft.ask("POST", where).status_code for _ in range(2)] == [202, 202]
    assert microsoft.world.delivered.duplicates() == {"k1": 2}


def test_starting_over_leaves_no_mail(microsoft: Any) -> None:
    where, _ = ready(microsoft, "k1")
    microsoft.ask("POST", where)
    microsoft.simulators.start_over(contacts=10, seed=1)
    assert len(microsoft.world.delivered) == 0
    assert microsoft.world.letterbox("microsoft").items == {}


def test_a_killed_simulator_remembers_every_mail_and_where_each_lies(tmp_path: Path, http: httpx.Client) -> None:
    command = [sys.executable, "-m", "deployments.simulators", "--contacts", "0", "--state-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told_ = json.loads(process.stdout.readline())
        token = _access(http, told_)
        headers = {"authorization": f"Bearer {token}", "prefer": 'IdType="ImmutableId"'}
        graph = told_["microsoft_graph_url"]
        http.post(f"{told_['control_url']}/microsoft/alice@contoso.example/mail-settings", json={"sent_late_s": 0.2})
        drafts = [http.post(f"{graph}{MESSAGES}", json=told(key), headers=headers).json() for key in ("k1", "k2")]
        assert http.post(f"{graph}{MESSAGES}/{drafts[0]['id']}/send", headers=headers).status_code == 202
        with smtplib.SMTP(told_["smtp_host"], told_["smtp_port"]) as smtp:
            smtp.sendmail("a@ours.example", ["bob@client.example"], written("k3"))
        process.send_signal(signal.SIGKILL)
    with (tmp_path / "mail.jsonl").open("ab") as journal:
        journal.write(b'["delivered",{"half')

    with serve(contacts=0, state_dir=tmp_path) as again:
        assert [mail.key for mail in again.world.delivered] == ["k1", "k3"]
        box = again.world.letterbox("microsoft")
        again.world.skew = 1
        headers["authorization"] = f"Bearer {again.world.access_token('microsoft')}"
        url = f"{again.urls.microsoft_graph_url}{MESSAGES}"
        found = [
            http.get(url, params={"$filter": by_key(key)}, headers=headers).json()["value"] for key in ("k1", "k2")
        ]
        assert [(one["id"], one["isDraft"]) for [one] in found] == [(drafts[0]["id"], False), (drafts[1]["id"], True)]
        assert box.rules.sent_late_s == 0.2
        assert (tmp_path / "mail.jsonl").stat().st_mode & 0o077 == 0
        third = http.post(url, json=told("k4"), headers=headers).json()
        assert third["id"] not in {draft["id"] for draft in drafts}
    with serve(contacts=0, state_dir=tmp_path) as once_more:
        assert len(once_more.world.letterbox("microsoft").items) == 3


def _access(http: httpx.Client, told_: dict[str, Any]) -> str:
    form = {"grant_type": "refresh_token", "client_id": told_["client_id"]}
    form["refresh_token"] = told_["microsoft_refresh_token"]
    token: str = http.post(f"{told_['http']}/common/oauth2/v2.0/token", data=form).json()["access_token"]
    return token
