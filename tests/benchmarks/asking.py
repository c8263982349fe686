"""Row 9: a thousand mails from a model that allows so many requests and tokens a minute, which lasts 10 seconds."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
from pydantic import BaseModel

from tasks.providers.language.model import Question, Throttled
from tasks.providers.language.model_turns import PacedModel, Turns
from tasks.providers.language.openai import OpenAIModel
from tests.benchmarks.household import ROOT
from tests.benchmarks.measuring import Row

CALLS, REQUESTS, TOKENS = 1000, 500, 400_000
MINUTE, LATENCY_MS, FULL = 10.0, 200, 0.02
Asking = Callable[[dict[str, str]], Coroutine[Any, Any, tuple[float, int]]]
MODEL, INSTRUCTIONS = "gpt-5.4-mini", "Write a short mail."


class Letter(BaseModel):
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    least: float
    failed: int
    refused: int


@contextmanager
def simulator() -> Iterator[dict[str, str]]:
    """In a process of its own, so that its work is not ours."""
    command = [sys.executable, "-m", "deployments.simulators", "--contacts", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as running:
        try:
            assert running.stdout
            yield json.loads(running.stdout.readline())
        finally:
            running.terminate()


def rows(_home: Path, _size: int) -> Iterator[Row]:
    with simulator() as where:
        ours = measured(where, ask_paced)
        few, many = (measured(where, ask_within(at_once)) for at_once in (5, 50))
    what = f"{CALLS:,} calls at {REQUESTS} requests and {TOKENS // 1000}k tokens a minute ({MINUTE:g} s)"
    yield Row(9, what, ours.seconds, "<= 1.05 x limit", ours.least, few.seconds, f"semaphore 5 ({few.failed} failed)")
    yield Row(9, what, ours.seconds, "none failed", ours.least, many.seconds, f"semaphore 50 ({many.failed} failed)")
    yield Row(9, "of them answered 429", ours.refused, "<= 10", None, many.refused, "semaphore 50", unit="calls")
    yield Row(9, "of them failed", ours.failed, "0", None, many.failed, "semaphore 50", unit="calls")


def measured(where: dict[str, str], ask: Asking) -> Run:
    control = f"{where['control_url']}/openai"
    limits = {"requests": REQUESTS, "tokens": TOKENS, "minute_s": MINUTE, "full": FULL}
    httpx.post(f"{control}/settings", json={"limits": limits, "latency_ms": LATENCY_MS}).raise_for_status()
    httpx.delete(f"{control}/ledger")
    seconds, failed = asyncio.run(ask(where))
    ledger = httpx.get(f"{control}/ledger").json()
    return Run(seconds, _least(ledger["total"]), failed, ledger["unbilled"].get("rate_limit_exceeded", 0))


def _least(total: dict[str, int]) -> float:
    """The limits alone, whichever is the narrower, and one answer's time. A first call warms everything up."""
    drawn = ((CALLS + 1, REQUESTS), (total["input_tokens"] + total["output_tokens"], TOKENS))
    return max((wanted / limit - FULL) * MINUTE for wanted, limit in drawn) + LATENCY_MS / 1000


async def ask_paced(where: dict[str, str]) -> tuple[float, int]:
    async with OpenAIModel(base_url=where["openai_base_url"], api_key=where["openai_api_key"]) as model:
        paced = PacedModel(model, Turns())
        sizes = await model.count(_question(0))
        await model.write(_question(0))

        async def one(number: int) -> None:
            while True:
                try:
                    await paced.write(_question(number), tokens=sizes.tokens)
                except Throttled:
                    continue
                return

        return await _all(one)


def ask_within(at_once: int) -> Asking:
    """As most programs do it: so many at once, and the library's own two retries."""

    async def ask(where: dict[str, str]) -> tuple[float, int]:
        room = asyncio.Semaphore(at_once)
        async with openai.AsyncOpenAI(base_url=where["openai_base_url"], api_key=where["openai_api_key"]) as client:

            async def write(number: int) -> None:
                async with room:
                    await client.responses.parse(
                        model=MODEL, instructions=INSTRUCTIONS, input=_facts(number), text_format=Letter, store=False
                    )

            await write(0)
            return await _all(write)

    return ask


async def _all(one: Callable[[int], Awaitable[Any]]) -> tuple[float, int]:
    started = time.perf_counter()
    ended = await asyncio.gather(*(one(number) for number in range(CALLS)), return_exceptions=True)
    return time.perf_counter() - started, sum(isinstance(end, BaseException) for end in ended)


def _question(number: int) -> Question[Letter]:
    return Question(MODEL, INSTRUCTIONS, _facts(number), Letter, max_output_tokens=600)


def _facts(number: int) -> str:
    return json.dumps({"recipient": {"name": f"Person {number}", "company": f"Company {number}", "job_title": "Buyer"}})
