"""A client of Prefect's REST API, to start, resume and end flow runs from outside of one.

Plain HTTP, so that commands need not import Prefect. Some 2xx responses there mean a refusal, so their body is read.
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
ANSWER = 40.0  # seconds: a server on SQLite under load may be slow, while one that is down refuses at once
OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
MANUAL_QUEUE = "manual"  # the work queue of runs that a person waits for
PAGE = 200  # the largest page of Prefect's API
BULK = 50  # the most runs that Prefect deletes in one request


class EngineError(Exception):
    """Prefect could not do what was asked."""


class EngineUnreachable(EngineError):
    """Prefect does not answer. Decisions are stored all the same; the sweeper resumes the run when Prefect is back."""


class EngineRefused(EngineError):
    """Prefect answered with an error, or lacks what was asked for. The text says which."""


def is_away(error: Exception) -> bool:
    """Whether an error means that Prefect's server is down or failing, rather than the run itself."""
    if isinstance(error, EngineUnreachable):
        return True
    if not isinstance(error, httpx.TransportError | httpx.HTTPStatusError):
        return False
    try:
        asked_us = str(error.request.url).startswith(settings().prefect_url)
    except RuntimeError:  # the error has no request attached
        return False
    return asked_us and (isinstance(error, httpx.TransportError) or error.response.is_server_error)


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run: its state, since when, and the number of its attempts."""

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
        """Whether a worker that would run the flow has polled recently."""
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
        """The work pool of a flow; empty if it is served without one, or not deployed."""
        found = self.ask("GET", f"deployments/name/{quote(flow)}/default")
        return str((found or {}).get("work_pool_name") or "")

    def _deployment(self, flow: str) -> dict[str, Any]:
        found = self.ask("GET", f"deployments/name/{quote(flow)}/default")
        if found is None:
            mend = "`make up` on one machine, `contactflow deploy` on several"
            raise EngineRefused(f"Prefect at {self.url} knows no {flow}/default: {mend}")
        return dict(found)

    def state(self, run_id: str) -> str:
        """The name of a run's state ("Suspended", "Running", …); empty if there is no such run."""
        run = self.ask("GET", f"flow_runs/{run_id}")
        return str(run["state_name"]) if run else ""

    def runs(self, flow: str, *states: str, before: datetime | None = None, begun: datetime | None = None) -> list[Run]:
        """A flow's runs in one of these states, given by name.

        `before`: only those in their state since before then. `begun`: only those created after then.
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
        """The runs with these ids, as far as they exist."""
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
        """Resume a suspended run, with its input if it asked for one. False if it was not suspended any more.

        Raises EngineError.
        """
        deadline = time.monotonic() + PATIENCE
        body = {"run_input": dict(answer)} if answer else {}
        while True:
            response = self._send("POST", f"flow_runs/{run_id}/resume", body)
            if response.status_code in {httpx.codes.CONFLICT, httpx.codes.NOT_FOUND}:
                return False
            said = self._body(response)
            reason = str((said.get("details") or {}).get("reason") or "")
            # A run is suspended a moment before its form is stored.
            if "schema not found" not in reason or time.monotonic() > deadline:
                return bool(said.get("status") == "ACCEPT")
            time.sleep(0.25)

    def cancel(self, run_id: str) -> None:
        self._set_state(run_id, "CANCELLED", "Cancelled")

    def finish(self, run_id: str) -> None:
        self._set_state(run_id, "COMPLETED", "Completed")

    def restart(self, run_id: str) -> None:
        """Schedule a run again from its start; what it had done is in our database."""
        self._set_state(run_id, "SCHEDULED", "AwaitingRetry")

    def delete(self, run_ids: Sequence[str]) -> None:
        """Delete runs with everything that Prefect stores of them: parameters, logs, artifacts."""
        for start in range(0, len(run_ids), BULK):
            named = {"any_": list(run_ids[start : start + BULK])}
            while made := self.ask("POST", "artifacts/filter", {"artifacts": {"flow_run_id": named}}):
                for artifact in made:
                    self.ask("DELETE", f"artifacts/{artifact['id']}")
            self.ask("POST", "flow_runs/bulk_delete", {"flow_runs": {"id": named}})

    def _set_state(self, run_id: str, kind: str, name: str) -> None:
        details = {"scheduled_time": datetime.now(UTC).isoformat()} if kind == "SCHEDULED" else {}
        state = {"type": kind, "name": name, "state_details": details}
        self.ask("POST", f"flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def ask(self, method: str, path: str, body: Mapping[str, Any] | Sequence[Any] | None = None) -> Any:
        """The response's JSON; None for 404. Raises EngineError."""
        response = self._send(method, path, body)
        return None if response.status_code == httpx.codes.NOT_FOUND else self._body(response)

    def _body(self, response: httpx.Response) -> Any:
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise EngineRefused(f"Prefect at {self.url} does not know us: PREFECT_API_AUTH_STRING must be as its own")
        if response.is_error:
            asked = f"{response.request.method} {response.request.url.path}"
            raise EngineRefused(f"Prefect answered {response.status_code} to {asked}: {response.text[:200]}")
        return response.json() if response.content else {}

    def _send(self, method: str, path: str, body: Mapping[str, Any] | Sequence[Any] | None = None) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                response = self._http.request(method, path, json=body)
            except httpx.TransportError as error:
                raise EngineUnreachable(f"Prefect does not answer at {self.url}: {self._mend}") from error
            # SQLite under load: the server itself asks to retry.
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
