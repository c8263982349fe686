"""All that the service knows: its limits, what it can do, how it errs, what it remembers and what it has billed."""

from collections import deque
from dataclasses import dataclass, field

from deployments.simulators.openai import facts as telling
from deployments.simulators.openai.asking import Asked
from deployments.simulators.openai.billing import Bill, Billing
from deployments.simulators.openai.facts import Facts
from deployments.simulators.openai.limits import Limits
from deployments.simulators.openai.modes import Mode
from deployments.simulators.openai.tokens import count
from deployments.simulators.openai.writing import Written, written

API_KEY = "sk-simulated"
SNAPSHOTS = {
    "gpt-5.4-mini": "gpt-5.4-mini-2026-03-17",
    "gpt-5.4-nano": "gpt-5.4-nano-2026-03-17",
    "gpt-6-luna": "gpt-6-luna-2026-09-15",
    "gpt-6-astra": "gpt-6-astra-2026-09-15",
}
EMBEDDING = ("text-embedding-3-small", "text-embedding-3-large")
_STEP = 128
"""Cached prompts are counted in steps of so many tokens."""


@dataclass(slots=True)
class Service:
    """`lacks` names routes that are not there; `models` are all it has; `cache_from` tokens make a prefix cachable."""

    key: str = API_KEY
    limits: Limits = field(default_factory=Limits)
    billing: Billing = field(default_factory=Billing)
    modes: list[Mode] = field(default_factory=list)
    models: tuple[str, ...] = (*SNAPSHOTS, *EMBEDDING)
    lacks: tuple[str, ...] = ()
    latency_ms: float = 0.0
    context_window: int = 400_000
    cache_from: int = 1024
    reasoning_tokens: int = 0
    tier: str = "default"
    """What a request that leaves it open is served with."""
    serial: int = 0
    earlier: deque[Facts] = field(default_factory=lambda: deque(maxlen=100))
    prefixes: set[int] = field(default_factory=set)

    def next_id(self) -> str:
        self.serial += 1
        return f"{self.serial:032x}"

    def write(self, asked: Asked, request_id: str, endpoint: str) -> tuple[Written, Bill]:
        """Write and bill. From here on it costs, whether or not the answer arrives."""
        mode = next((mode.kind for mode in self.modes if mode.befalls(asked.prompt)), "")
        done = written(asked, mode, list(self.earlier), self.reasoning_tokens)
        self.earlier.append(telling.read(asked.prompt, asked.instructions))
        cached, cache_write = self._cached(asked)
        bill = Bill(
            request_id=request_id,
            endpoint=endpoint,
            model=SNAPSHOTS.get(asked.model, asked.model),
            tier=self.tier if asked.tier == "auto" else asked.tier,
            outcome=mode or done.ended,
            input_tokens=asked.input_tokens,
            cached_tokens=cached,
            cache_write_tokens=cache_write,
            output_tokens=done.output_tokens,
            reasoning_tokens=done.reasoning_tokens,
            stored=asked.stored,
        )
        self.billing.bills.append(bill)
        return done, bill

    def embed(self, texts: list[str], model: str, request_id: str) -> Bill:
        bill = Bill(request_id, "embeddings", model, self.tier, "completed", sum(map(count, texts)))
        self.billing.bills.append(bill)
        return bill

    def _cached(self, asked: Asked) -> tuple[int, int]:
        """Tokens of the prefix that were read from the cache, and those written to it, which newer models bill."""
        size = count(asked.prefix)
        if size < self.cache_from:
            return 0, 0
        mark, whole = hash((asked.model, asked.cache_key, asked.prefix)), size // _STEP * _STEP
        if mark in self.prefixes:
            return whole, 0
        self.prefixes.add(mark)
        return 0, whole if asked.model.startswith(("gpt-5.6", "gpt-6")) else 0
