"""How fast a model is asked, in simulated time: against the simulator's buckets, with slow answers, and together."""

import heapq
import math
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from deployments.simulators.openai.limits import Limits as Served
from tasks.rules.model_pace import Limits, Pace, Turn, Window

ROUND_TRIP = 0.02
SLOWEST = 8.0


@dataclass
class Outcome:
    ended: float = 0.0
    tokens: int = 0
    refused: int = 0


@dataclass
class World:
    """Clients who each ask so many questions, of one service, in a time that only events move."""

    served: Served
    clients: list[Pace]
    questions: int
    guess: int
    """What each question is thought to take, before it is asked."""
    slowest: float = SLOWEST
    outcome: Outcome = field(default_factory=Outcome)

    def __post_init__(self) -> None:
        self.events: list[tuple[float, int, str, tuple[Any, ...]]] = []
        self.order, self.dice = count(), random.Random(1)
        self.left = [self.questions] * len(self.clients)
        self.wake = [math.inf] * len(self.clients)

    def run(self) -> Outcome:
        for bucket in (self.served.requests, self.served.tokens):
            bucket.fill(0)
        for client in range(len(self.clients)):
            self.later(0, "ask", client)
        while self.events:
            now, _, what, about = heapq.heappop(self.events)
            getattr(self, what)(now, *about)
        return self.outcome

    def later(self, at: float, what: str, *about: Any) -> None:
        heapq.heappush(self.events, (at, next(self.order), what, about))

    def ask(self, now: float, client: int) -> None:
        pace = self.clients[client]
        while self.left[client] and pace.wait(self.guess, now) <= 0:
            self.left[client] -= 1
            turn = pace.begin(self.guess, now)
            self.later(now + self.dice.uniform(0, ROUND_TRIP), "arrive", client, turn)
        wait = pace.wait(self.guess, now)
        if self.left[client] and now + wait < self.wake[client]:
            self.wake[client] = now + wait
            self.later(now + wait + 1e-6, "awake", client)

    def awake(self, now: float, client: int) -> None:
        self.wake[client] = math.inf
        self.ask(now, client)

    def arrive(self, now: float, client: int, turn: Turn) -> None:
        told, written = self.dice.randint(100, 300), self.dice.randint(200, 300)
        if refused := self.served.admit(told, now):
            self.outcome.refused += 1
            self.left[client] += 1
            self.later(now + ROUND_TRIP / 2, "refuse", client, turn, refused.wait, self.headers())
            return
        self.served.spend(written)
        self.outcome.tokens += told + written
        self.later(now + self.dice.uniform(self.slowest / 8, self.slowest), "answer", client, turn, self.headers())

    def refuse(self, now: float, client: int, turn: Turn, wait: float, limits: Limits) -> None:
        self.clients[client].end()
        self.clients[client].throttled(turn, limits, wait, now)
        self.ask(now, client)

    def answer(self, now: float, client: int, turn: Turn, limits: Limits) -> None:
        self.clients[client].end()
        self.clients[client].answered(turn, limits, now)
        self.outcome.ended = now
        self.ask(now, client)

    def headers(self) -> Limits:
        both = (self.served.requests, self.served.tokens)
        return Limits(*(Window(b.limit, max(0, int(b.level)), (b.limit - b.level) / b.rate) for b in both))


def least(served: Served, questions: int, tokens: int, full: float) -> float:
    """What the limits alone make it take."""
    parts = ((questions, served.requests), (tokens, served.tokens))
    return max((wanted - full * bucket.limit) / bucket.rate for wanted, bucket in parts)


@pytest.mark.parametrize("guess", [800, 2400])
@pytest.mark.parametrize("full", [0.0, 1.0])
@pytest.mark.parametrize("limits", [(500, 1_000_000), (5000, 200_000), (500, 200_000)])
def test_a_thousand_questions_take_hardly_longer_than_they_must(
    limits: tuple[int, int], full: float, guess: int
) -> None:
    served = Served()
    served.set(requests=limits[0], tokens=limits[1], full=full)
    outcome = World(served, [Pace()], 1000, guess).run()
    assert outcome.ended - SLOWEST <= 1.05 * least(served, 1000, outcome.tokens, full)
    assert outcome.refused <= 10


def test_two_who_share_the_limits_get_on_together() -> None:
    served = Served()
    served.set(requests=500, tokens=200_000, full=0.0)
    outcome = World(served, [Pace(), Pace()], 500, 1200).run()
    assert outcome.ended - SLOWEST <= 1.05 * least(served, 1000, outcome.tokens, 0.0)
    assert outcome.refused <= 30


def test_limits_a_day_are_told_from_limits_a_minute() -> None:
    served = Served()
    served.set(requests=10_000, tokens=1_000_000, minute_s=86_400)
    pace = Pace()
    World(served, [pace], 50, 500).run()
    assert pace.requests.period == pytest.approx(86_400, rel=0.02)


def test_the_first_question_goes_alone_and_its_answer_opens_the_door() -> None:
    pace = Pace()
    first = pace.begin(100, 0.0)
    assert math.isinf(pace.wait(100, 0.0))
    pace.end()
    pace.answered(first, Limits(Window(500, 499, 0.12), Window(200_000, 199_900, 0.03)), 1.0)
    for _ in range(50):
        assert pace.wait(100, 1.0) <= 0
        pace.begin(100, 1.0)


def test_a_service_that_tells_no_limits_is_asked_a_little_more_at_a_time_and_less_once_it_complains() -> None:
    pace = Pace()

    def at_once(now: float) -> int:
        turns = []
        while pace.wait(100, now) <= 0:
            turns.append(pace.begin(100, now))
        for turn in turns:
            pace.end()
            pace.answered(turn, Limits(), now)
        return len(turns)

    sizes = [at_once(float(now)) for now in range(4)]
    assert sizes[0] == 1
    assert sizes == sorted(sizes)
    assert 4 <= sizes[-1] <= 10
    turn = pace.begin(100, 10.0)
    pace.end()
    pace.throttled(turn, Limits(), 0.0, 10.0)
    assert at_once(10.5) == 0
    assert at_once(11.5) <= sizes[-1]


def test_nobody_asks_before_the_time_that_was_named() -> None:
    pace = Pace()
    turn = pace.begin(1, 0.0)
    pace.end()
    pace.throttled(turn, Limits(), 30.0, 1.0)
    assert pace.wait(1, 1.0) == 30.0
    assert pace.wait(1, 31.0) == 0


def test_a_question_larger_than_the_bucket_is_let_through_once_that_is_full() -> None:
    pace = Pace()
    turn = pace.begin(10, 0.0)
    pace.end()
    pace.answered(turn, Limits(None, Window(1000, 500, 30.0)), 0.0)
    wait = pace.wait(5000, 0.0)
    assert 30 <= wait < 32
    assert pace.wait(5000, wait + 1e-6) == 0


@pytest.mark.parametrize(
    "window", [Window(0, 0), Window(10, 0), Window(10, 10), Window(10, 50, 0.0), Window(1, 1, 1e9)]
)
def test_strange_limits_stop_nothing_for_ever(window: Window) -> None:
    pace = Pace()
    for now in range(5):
        turn = pace.begin(10, float(now))
        pace.end()
        pace.answered(turn, Limits(window, window), float(now))
        assert not math.isnan(pace.wait(10, float(now)))
        assert pace.wait(10, float(now)) < math.inf
