"""Starting, stopping and starting again: a second start finds everything as it was."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from deployments.simulators import changes
from deployments.simulators.people import Card
from deployments.simulators.server import serve

DELTA = "/me/contactFolders/contacts/contacts/delta"


def read(graph: str, token: str, url: str = DELTA) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}", "prefer": 'IdType="ImmutableId", odata.maxpagesize=1000'}
    answer: dict[str, Any] = httpx.get(url if url.startswith("http") else graph + url, headers=headers).json()
    return answer


def test_a_second_start_finds_contacts_tokens_and_read_positions_as_they_were(tmp_path: Path) -> None:
    with serve(contacts=60, seed=4, state_dir=tmp_path) as first:
        token = first.world.access_token("microsoft")
        link = read(first.urls.microsoft_graph_url, token)["@odata.deltaLink"]
        box = first.world.mailbox("microsoft")
        changes.at_random(box, first.world.now(), edit=0.1, add=0.1, gone=0.1, move=0.1, seed=1)
        before, urls = list(box.alive()), first.urls
        ports = [int(url.rpartition(":")[2]) for url in (urls.http, urls.https)]
        mail_ports = {"smtp_port": urls.smtp_port, "smtps_port": urls.smtps_port}
        announced = first.announcement()

    with serve(contacts=9, state_dir=tmp_path, port=ports[0], https_port=ports[1], **mail_ports) as second:
        assert second.announcement() == announced
        assert list(second.world.mailbox("microsoft").alive()) == before
        changed = read(second.urls.microsoft_graph_url, token, link)["value"]
    assert 0 < len(changed) <= 24


def test_the_state_on_disk_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with serve(contacts=5, state_dir=tmp_path):
        pass
    assert (tmp_path / "simulators.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "simulators-server.pem").stat().st_mode & 0o077 == 0


def test_the_process_prints_one_line_with_everything_a_client_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deployments.simulators", "--contacts", "20", "--state-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        form = {"grant_type": "refresh_token", "refresh_token": told["google_refresh_token"]}
        client = {"client_id": told["client_id"], "client_secret": told["client_secret"]}
        answer = httpx.post(told["google_token_url"], data=form | client)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert answer.json()["expires_in"] == 3599


def test_the_control_surface_refuses_what_it_does_not_know(simulators: Any, http: httpx.Client) -> None:
    control = simulators.urls.control_url
    wrong = [
        http.post(f"{control}/settings", json={"gravity": 2}),
        http.post(f"{control}/faults", json={"faults": [{"kind": "earthquake"}]}),
        http.post(f"{control}/google/nobody@example.com/change", json={}),
        http.post(f"{control}/google/alice@gmail.example/person", json={"id": "people/c1", "remove": "deleted"}),
        http.post(f"{control}/google/alice@gmail.example/change", content=b"{half"),
    ]
    assert [answer.status_code for answer in wrong] == [400] * len(wrong)
    assert wrong[0].json()["error"] == "no setting gravity; there are latency_ms, microsoft_at_once, skew, claims"


def test_mailboxes_can_be_added_while_running(simulators: Any, http: httpx.Client) -> None:
    control = simulators.urls.control_url
    wish = {"provider": "google", "email": "bob@gmail.example", "seed": 8, "size": 30}
    added = http.post(f"{control}/mailboxes", json=wish).json()
    assert added["refresh_token"].startswith("sim-refresh-")
    assert http.post(f"{control}/mailboxes", json=wish).status_code == 400
    emails = [mailbox["email"] for mailbox in http.get(f"{control}/mailboxes").json()]
    assert emails == ["alice@contoso.example", "alice@gmail.example", "bob@gmail.example"]


def test_bulk_changes_touch_the_shares_asked_for_and_the_same_ones_for_the_same_seed(microsoft: Any) -> None:
    before = microsoft.control("truth")["contacts"]
    done = microsoft.control("change", edit=0.1, add=0.05, remove=0.05, move=0.05, seed=7)
    after = microsoft.control("truth")["contacts"]
    assert {what: len(ids) for what, ids in done.items()} == {"edited": 12, "removed": 6, "moved": 6, "added": 6}
    assert set(before) - set(after) == set(done["removed"])
    assert set(after) - set(before) == set(done["added"])
    changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    assert changed == {*done["edited"], *done["moved"]}


def test_starting_over_leaves_nothing_of_what_was(microsoft: Any) -> None:
    microsoft.control("change", edit=0.5, remove=0.2)
    microsoft.get("/me")
    microsoft.simulators.start_over(contacts=120, seed=3)
    assert microsoft.get("/me").status_code == 401
    assert microsoft.world.ledger.of(microsoft.mailbox.email).requests == 0
    assert len(list(microsoft.world.mailbox("microsoft").alive())) == 120


def test_a_book_can_be_turned_over_again_and_again(simulators: Any) -> None:
    world = simulators.world
    for seed in range(12):
        for box in world.mailboxes:
            added = changes.put(box, Card(person="somebody", given="Sam"), world.now())
            changes.at_random(box, world.now(), edit=0.4, add=0.2, gone=0.2, move=0.1, seed=seed)
            assert added in box.entries
            assert box.count == sum(1 for _ in box.alive())
            people = [entry.card.person for entry in box.alive() if entry.version and entry.card.person != "somebody"]
            assert all(person.startswith("p-") for person in people)
