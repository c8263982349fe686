"""What can be made to go wrong goes wrong as told, for the requests meant, and is written in the ledger."""

import threading
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from deployments.simulators.faults import Fault

LIST = "/me/contacts"


def test_a_throttled_request_names_the_seconds_and_coming_early_is_noted(microsoft: Any) -> None:
    microsoft.world.faults.add(Fault("status", status=429, retry_after=30))
    answer = microsoft.get(LIST)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert answer.json()["error"]["code"] == "ApplicationThrottled"
    assert microsoft.get(LIST).status_code == 200
    assert microsoft.ledger.too_early == 1


def test_a_retry_after_can_be_a_date(google: Any) -> None:
    google.world.faults.add(Fault("status", status=429, retry_after=30, http_date=True))
    answer = google.get("/people/me/connections", personFields="names")
    wait = parsedate_to_datetime(answer.headers["retry-after"]).timestamp() - google.world.now()
    assert 25 < wait <= 30
    assert answer.json()["error"]["status"] == "RESOURCE_EXHAUSTED"


def test_a_fault_lets_the_first_pass_and_ends_after_its_times(microsoft: Any) -> None:
    microsoft.world.faults.add(Fault("status", route="/contacts", status=503, after=1, times=2))
    assert microsoft.get("/me").status_code == 200
    assert [microsoft.get(LIST).status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_fault_for_one_mailbox_spares_the_others(microsoft: Any) -> None:
    microsoft.world.faults.add(Fault("status", mailbox="bob@contoso.example", times=0))
    assert microsoft.get(LIST).status_code == 200


def test_a_reset_drops_the_connection_before_anything_is_done(microsoft: Any) -> None:
    microsoft.world.faults.add(Fault("reset"))
    with pytest.raises(httpx.ReadError):
        microsoft.get(LIST)
    assert microsoft.get(LIST).status_code == 200


def test_a_lost_reply_was_carried_out_all_the_same(simulators: Any, http: httpx.Client) -> None:
    urls, old = simulators.urls, simulators.world.refresh_token("microsoft")
    simulators.world.faults.add(Fault("reply_lost", route="/token"))
    form = {"grant_type": "refresh_token", "refresh_token": old, "client_id": urls.client_id}
    with pytest.raises(httpx.TransportError):
        http.post(f"{urls.http}/common/oauth2/v2.0/token", data=form)
    assert simulators.world.tokens.grants[old].replaced


def test_half_an_answer_comes_whole_or_is_cut_off(microsoft: Any) -> None:
    microsoft.world.faults.add(Fault("truncated"))
    answer = microsoft.get(LIST)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()
    microsoft.world.faults.add(Fault("cut"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        microsoft.get(LIST)


def test_a_proxys_error_page_is_html(google: Any) -> None:
    google.world.faults.add(Fault("html", status=502))
    answer = google.get("/people/me", personFields="names")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")


def test_a_slow_answer_is_an_answer(microsoft: Any) -> None:
    microsoft.world.faults.add(Fault("slow", ms=120))
    answer = microsoft.get(LIST)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() > 0.1


def test_errors_carry_the_code_that_was_wished_for(microsoft: Any, google: Any) -> None:
    microsoft.world.faults.add(Fault("status", route="/microsoft/", status=403, code="insufficient_claims"))
    google.world.faults.add(Fault("status", route="/google/v1", status=403, code="rateLimitExceeded"))
    google.world.faults.add(Fault("status", route="/google/token", status=400, code="invalid_grant"))
    assert microsoft.get(LIST).json()["error"]["code"] == "insufficient_claims"
    refused = google.get("/people/me", personFields="names").json()["error"]
    assert refused["errors"][0]["reason"] == "rateLimitExceeded"
    answer = google.http.post(google.simulators.urls.google_token_url, data={"grant_type": "refresh_token"})
    assert answer.json()["error"] == "invalid_grant"


def test_microsoft_serves_four_at_once_and_throttles_the_fifth(microsoft: Any) -> None:
    microsoft.world.latency_ms = 300
    url, headers = microsoft.base + LIST, {"authorization": f"Bearer {microsoft.token}"}
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(httpx.get(url, headers=headers).status_code)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 200, 429, 429]
    assert microsoft.ledger.max_in_flight == 6


def test_an_unknown_kind_of_fault_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no fault of the kind 'earthquake'; there are status, reset"):
        Fault("earthquake")


def test_a_delayed_change_is_seen_later(microsoft: Any) -> None:
    microsoft.control("settings", delay_s=60)
    [edited] = microsoft.get(LIST, _top=1).json()["value"]
    microsoft.control("person", id=edited["id"], card={"job_title": "Juggler"})
    assert microsoft.get(f"{LIST}/{edited['id']}").json()["jobTitle"] == edited["jobTitle"]
    assert microsoft.control("truth")["pending"] == 1
    microsoft.world.skew = 61
    assert microsoft.get(f"{LIST}/{edited['id']}").json()["jobTitle"] == "Juggler"
