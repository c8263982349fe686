"""How fast a language model may be asked: as fast as its limits allow, which its answers tell, and hardly faster.

Two buckets, of requests and of tokens, are kept in step with the service's own. An answer tells what was left when its
request arrived; what was asked for since then is taken off, what flowed in since then is added. Others who draw on the
same limits make the buckets fall faster than we draw: then every request of ours counts for more.
"""

import math
from dataclasses import dataclass, field

SHARE = 0.99
"""Of the limits, to be below them when clocks and counts differ a little."""

_FLOOR = 0.01  # of a bucket is left alone, for what is under way at the same moment
_HIGHEST_FLOOR = 0.15
_SHORTEST_RESET = 0.02  # seconds; below that a duration is too coarse to reckon with
_LEARNT_IN = 1 / 8  # of a bucket's period
_LEAST, _MOST = 0.1, 20.0  # that the ratio can become
_AT_ONCE_UNTOLD = 4.0


@dataclass(frozen=True, slots=True)
class Window:
    """What a service tells of one limit: how much at most, what is left, in how many seconds it is whole again."""

    limit: int
    remaining: int
    reset: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    requests: Window | None = None
    tokens: Window | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A permission to ask; `drawn` is all that was drawn from each bucket, this turn included."""

    at: float
    drawn: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Sight:
    drawn: float
    at: float
    remaining: float


@dataclass(slots=True)
class Bucket:
    limit: float = math.inf
    period: float = 60.0
    level: float = math.inf
    at: float = 0.0
    drawn: float = 0.0
    ratio: float = 1.0
    floor: float = _FLOOR
    _most_used: float = 0.0
    _last: float = -1.0
    _anchor: _Sight | None = None

    @property
    def told(self) -> bool:
        return not math.isinf(self.limit)

    @property
    def rate(self) -> float:
        return self.limit / self.period

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much can be drawn; more than the bucket holds is let through when it is full."""
        if not self.told:
            return 0.0
        self._fill(now)
        needed = min(amount * self.ratio + self.limit * self.floor, self.limit)
        return max(0.0, (needed - self.level) / (self.rate * SHARE))

    def draw(self, amount: float) -> None:
        self.drawn += amount
        self.level -= amount * self.ratio

    def overdrew(self) -> None:
        """It was empty when we thought it was not: keep further away from the ground."""
        self.floor = min(_HIGHEST_FLOOR, self.floor + _FLOOR)

    def learn(self, window: Window, drawn: float, at: float, now: float) -> None:
        """An answer to the request that was begun at `at`, as the one that brought all drawings to `drawn`."""
        if window.limit <= 0 or drawn < self._last:
            return
        self.limit = float(window.limit)
        self._learn_period(window)
        if self._last >= 0:  # the first question travels slower than all others, for it opens the connection
            self._learn_ratio(_Sight(drawn, at, window.remaining))
        self._last = drawn
        since = self.rate * (now - at) - self.ratio * (self.drawn - drawn)
        self.level, self.at = min(self.limit, window.remaining + since), now

    def _fill(self, now: float) -> None:
        self.level = min(self.limit, self.level + self.rate * SHARE * max(0.0, now - self.at))
        self.at = now

    def _learn_period(self, window: Window) -> None:
        """Limits can be per minute or per day; how soon what was used is back tells which."""
        used = window.limit - window.remaining
        if used > self._most_used and window.reset >= _SHORTEST_RESET:
            self._most_used, self.period = used, window.limit * window.reset / used

    def _learn_ratio(self, seen: _Sight) -> None:
        before = self._anchor
        if before is None or before.remaining > 0.9 * self.limit:  # a full bucket hides what flows in
            self._anchor = seen
            return
        own, passed = seen.drawn - before.drawn, seen.at - before.at
        if passed < self.period * _LEARNT_IN or own <= 0:
            return
        fell = before.remaining - seen.remaining + self.rate * passed
        low, high = max(_LEAST, self.ratio / 2), min(_MOST, self.ratio * 2)
        self.ratio += (max(low, min(high, fell / own)) - self.ratio) / 2
        self._anchor = seen


@dataclass(slots=True)
class Pace:
    """All times are seconds of one clock, handed in. `at_once` requests at most are under way together."""

    at_once: int = 500
    requests: Bucket = field(default_factory=Bucket)
    tokens: Bucket = field(default_factory=Bucket)
    under_way: int = 0
    _allowed: float = 1.0
    _quiet_until: float = -math.inf

    def wait(self, tokens: int, now: float) -> float:
        """Seconds until a request may be made; infinite while as many are under way as may be."""
        if self.under_way >= int(self._allowed):
            return math.inf
        return max(self._quiet_until - now, self.requests.wait(1, now), self.tokens.wait(tokens, now), 0.0)

    def begin(self, tokens: int, now: float) -> Turn:
        self.under_way += 1
        self.requests.draw(1)
        self.tokens.draw(tokens)
        return Turn(now, (self.requests.drawn, self.tokens.drawn))

    def end(self) -> None:
        self.under_way -= 1

    def answered(self, turn: Turn, limits: Limits, now: float) -> None:
        """The first answer tells how many may follow it together; where none tells, their number grows slowly."""
        self._learn(turn, limits, now)
        if self.requests.told or self.tokens.told:
            self._allowed = float(self.at_once)
        else:
            grown = max(_AT_ONCE_UNTOLD, self._allowed + 1 / self._allowed)
            self._allowed = min(float(self.at_once), grown)

    def throttled(self, turn: Turn, limits: Limits, wait: float, now: float) -> None:
        """Nobody asks before the time that was named; one second if none was."""
        self._learn(turn, limits, now)
        if turn.at > self._quiet_until:  # others that had begun before the first was refused say nothing new
            self.requests.overdrew()
            self.tokens.overdrew()
        self._quiet_until = max(self._quiet_until, now + (wait or 1.0))
        self._allowed = max(1.0, self._allowed / 2) if not (self.requests.told or self.tokens.told) else self._allowed

    def _learn(self, turn: Turn, limits: Limits, now: float) -> None:
        for bucket, window, drawn in zip(
            (self.requests, self.tokens), (limits.requests, limits.tokens), turn.drawn, strict=True
        ):
            if window is not None:
                bucket.learn(window, drawn, turn.at, now)
