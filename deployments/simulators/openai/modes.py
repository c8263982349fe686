"""In which ways a model's answer can go wrong."""

import random
from dataclasses import dataclass

KINDS = (
    "malformed", "truncated", "refusal", "content_filter",
    "leak", "hallucinate", "echo", "placeholder", "wrong_name", "wrong_language",
)  # fmt: skip


@dataclass(slots=True)
class Mode:
    """`kind`:

    malformed       text that is no JSON
    truncated       stops in the middle, as if out of tokens
    refusal         declines to write
    content_filter  stopped by the filter
    leak            says what earlier requests told of other people
    hallucinate     invents a number, a date and a link
    echo            does as it is told by a text within the facts
    placeholder     leaves a name to be filled in
    wrong_name      greets somebody else
    wrong_language  writes in another language than asked

    It befalls the `share` of requests, chosen by `seed`, among those whose prompt has `contains` in it; it lets the
    first `after` of these pass and ends after `times` (0: never).
    """

    kind: str
    share: float = 1.0
    seed: int = 0
    contains: str = ""
    after: int = 0
    times: int = 0
    hits: int = 0
    done: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no mode {self.kind!r}; there are {', '.join(KINDS)}")

    def befalls(self, prompt: str) -> bool:
        if self.contains not in prompt:
            return False
        self.hits += 1
        if self.hits <= self.after or (self.times and self.done >= self.times):
            return False
        befalling = self.share >= 1 or random.Random(f"{self.seed}/{self.hits}").random() < self.share
        self.done += befalling
        return befalling
