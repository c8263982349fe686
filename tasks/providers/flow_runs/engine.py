"""Prefect's API, as far as we start, wake and end flow runs from outside of one.

Plain HTTP, so that a command at the terminal need not import Prefect. What a 2xx means there is read from its body.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from storage.settings import settings

PATIENCE = 10.0
ANSWER = 40.0  # a server that writes to SQLite under load may think for a while; one that is down says so at once
OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
MANUAL_QUEUE = "manual"  # of a work pool: somebody waits for what lies in it
PAGE = 200  # the most that Prefect gives at once


class EngineUnreachable(Exception):
    """Prefect does not answer. What was decided is kept; the sweeper wakes the run when Prefect is back."""


class EngineRefused(Exception):
    pass


def is_away(error: Exception) -> bool:
    """Whether it was Prefect's server that did not answer, or in no state to: no fault of the run's, and soon over."""
    if isinstance(error, EngineUnreachable):
        return True
    if not isinstance(error, httpx.TransportError | httpx.HTTPStatusError):
        return False
    try:
        asked_us = str(error.request.url).startswith(settings().prefect_url)
    except RuntimeError:  # it does not know what was asked
        return False
    return asked_us and (isinstance(error, httpx.TransportError) or error.response.is_server_error)


@dataclass(frozen=True, slots=True)
class Run:
    """How a flow run stands: since when it is in its state, and how often it was begun."""

    id: str
    state: str
    since: datetime
    created: datetime
    attempts: int
    organization: str
    campaign: str = ""


class Engine:
    def __init__(self, url: str, *, timeout: float = ANSWER) -> None:
        known_by = settings().prefect_authorization
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/",
            timeout=httpx.Timeout(timeout, connect=min(timeout, PATIENCE)),
            headers={"Authorization": known_by} if known_by else {},
        )
        self.url = url

    @property
    def ui_url(self) -> str:
        return self.url.removesuffix("/api")

    @property
    def _mend(self) -> str:
        ours = self.url == settings().own_prefect_url
        return "start it with `make up`" if ours else "start it, or set PREFECT_API_URL to where it is"

    def run_page(self, run_id: str) -> str:
        return f"{self.ui_url}/runs/flow-run/{run_id}"

    def is_up(self) -> bool:
        try:
            return self._http.get("health", timeout=2).is_success
        except httpx.TransportError:
            return False

    def is_served(self, flow: str) -> bool:
        """Whether somebody who would run it has asked for work of late."""
        deployment = self.ask("GET", f"deployments/name/{quote(flow)}/default")
        return bool(deployment) and deployment["status"] == "READY"

    def start(self, flow: str, parameters: Mapping[str, Any], *, key: str = "") -> str:
        """Start a run of a flow's default deployment and return the run's id."""
        found = self._deployment(flow)
        body = {"parameters": dict(parameters), "idempotency_key": key or None}
        if found.get("work_pool_name"):
            body["work_queue_name"] = MANUAL_QUEUE
        return str(self.ask("POST", f"deployments/{found['id']}/create_flow_run", body)["id"])

    def deployment(self, flow: str) -> str:
        """The id of a flow's default deployment."""
        return str(self._deployment(flow)["id"])

    def pool_of(self, flow: str) -> str:
        """The work pool whose workers run a flow; empty where it is served on one machine, or not there at all."""
        found = self.ask("GET", f"deployments/name/{quote(flow)}/default")
        return str((found or {}).get("work_pool_name") or "")

    def _deployment(self, flow: str) -> dict[str, Any]:
        found = self.ask("GET", f"deployments/name/{quote(flow)}/default")
        if found is None:
            mend = "`make up` on one machine, `contactflow deploy` on several"
            raise EngineRefused(f"Prefect at {self.url} knows no {flow}/default: {mend}")
        return dict(found)

    def state(self, run_id: str) -> str:
        """The name of a run's state ("Suspended", "Running", …); empty where there is no such run."""
        run = self.ask("GET", f"flow_runs/{run_id}")
        return str(run["state_name"]) if run else ""

    def runs(self, flow: str, *states: str, before: datetime | None = None, begun: datetime | None = None) -> list[Run]:
        """A flow's runs in one of these states, by the states' names.

        In it since `before` at the latest, and asked for at `begun` at the earliest, where these are given.
        """
        wanted = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"state": {"name": {"any_": list(states)}}}}
        found: list[dict[str, Any]] = []
        while True:
            page = self._some_runs({**wanted, "offset": len(found)})
            found += page
            if len(page) < PAGE:
                break
        return [
            run
            for run in map(_run, found)
            if (before is None or run.since < before) and (begun is None or run.created > begun)
        ]

    def runs_called(self, run_ids: Collection[str]) -> list[Run]:
        """Those of them that are there."""
        ids = list(run_ids)
        pages = (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
        return [_run(one) for page in pages for one in self._some_runs({"flow_runs": {"id": {"any_": page}}})]

    def _some_runs(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self.ask("POST", "flow_runs/filter", {**wanted, "limit": PAGE, "sort": "ID_DESC"}) or []

    def ended(self, flow: str, *, before: datetime, skip: int = 0) -> list[str]:
        """The ids of a flow's runs that were over before that moment, the oldest first: one page, after `skip` runs."""
        wanted = {
            "flows": {"name": {"any_": [flow]}},
            "flow_runs": {"state": {"type": {"any_": list(OVER)}}, "end_time": {"before_": before.isoformat()}},
            "limit": PAGE,
            "offset": skip,
            "sort": "START_TIME_ASC",
        }
        return [str(run["id"]) for run in self.ask("POST", "flow_runs/filter", wanted) or []]

    def failure(self, run_id: str) -> str:
        run = self.ask("GET", f"flow_runs/{run_id}")
        return str((run or {}).get("state", {}).get("message") or "")

    def resume(self, run_id: str, answer: Mapping[str, Any] | None = None) -> bool:
        """Wake a suspended run, with an answer where it asked. False if it was not asleep or somebody woke it first."""
        deadline = time.monotonic() + PATIENCE
        body = {"run_input": dict(answer)} if answer else {}
        while True:
            response = self._send("POST", f"flow_runs/{run_id}/resume", body)
            if response.status_code in {httpx.codes.CONFLICT, httpx.codes.NOT_FOUND}:
                return False
            said = _body(response)
            reason = str((said.get("details") or {}).get("reason") or "")
            # The run is asleep a moment before its form is stored, and the server may be busy.
            may_pass = response.status_code == httpx.codes.SERVICE_UNAVAILABLE or "schema not found" in reason
            if not may_pass or time.monotonic() > deadline:
                return bool(said.get("status") == "ACCEPT")
            time.sleep(0.25)

    def cancel(self, run_id: str) -> None:
        self._set_state(run_id, "CANCELLED", "Cancelled")

    def finish(self, run_id: str) -> None:
        self._set_state(run_id, "COMPLETED", "Completed")

    def restart(self, run_id: str) -> None:
        """Let a run start again from its top: what it had done is in our database."""
        self._set_state(run_id, "SCHEDULED", "AwaitingRetry")

    def delete(self, run_id: str) -> None:
        """With all that Prefect keeps of it: parameters, logs, artifacts."""
        made = self.ask("POST", "artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run_id]}}}) or []
        for artifact in made:
            self.ask("DELETE", f"artifacts/{artifact['id']}")
        self.ask("DELETE", f"flow_runs/{run_id}")

    def _set_state(self, run_id: str, kind: str, name: str) -> None:
        details = {"scheduled_time": datetime.now(UTC).isoformat()} if kind == "SCHEDULED" else {}
        state = {"type": kind, "name": name, "state_details": details}
        self.ask("POST", f"flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def ask(self, method: str, path: str, body: Mapping[str, Any] | Sequence[Any] | None = None) -> Any:
        """The answer's JSON; None for what is not there."""
        response = self._send(method, path, body)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise EngineRefused(f"Prefect at {self.url} does not know us: PREFECT_API_AUTH_STRING must be as its own")
        if response.is_error:
            raise EngineRefused(f"Prefect answered {response.status_code} to {method} {path}: {response.text[:200]}")
        return _body(response)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | Sequence[Any] | None = None) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                response = self._http.request(method, path, json=body)
            except httpx.TransportError as error:
                raise EngineUnreachable(f"Prefect does not answer at {self.url}: {self._mend}") from error
            # SQLite under load: the server itself says to come again.
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                return response
            time.sleep(0.25)


def _run(told: Mapping[str, Any]) -> Run:
    return Run(
        id=str(told["id"]),
        state=str(told["state_name"]),
        since=_moment(told["state"]["timestamp"]),
        created=_moment(told["created"]),
        attempts=int(told.get("run_count") or 0),
        organization=str(told["parameters"].get("organization") or ""),
        campaign=str(told["parameters"].get("campaign") or ""),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _body(response: httpx.Response) -> Any:
    return response.json() if response.content else {}
