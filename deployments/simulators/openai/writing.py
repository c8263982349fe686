"""One request answered: the text, how it ended, and the tokens that it took."""

import json
from dataclasses import dataclass, replace
from typing import Any

from deployments.simulators.openai import facts as telling
from deployments.simulators.openai import tokens
from deployments.simulators.openai.asking import Asked
from deployments.simulators.openai.facts import Facts
from deployments.simulators.openai.letter import composed
from deployments.simulators.openai.misdeeds import MISDEEDS
from deployments.simulators.openai.schema import shaped

REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True, slots=True)
class Written:
    """`ended`: completed, refusal, max_output_tokens or content_filter."""

    text: str
    ended: str
    output_tokens: int
    reasoning_tokens: int


def written(asked: Asked, mode: str, earlier: list[Facts], reasoning: int) -> Written:
    facts = telling.read(asked.prompt, asked.instructions)
    letter = composed(facts)
    if mode in MISDEEDS:
        letter = MISDEEDS[mode](letter, facts, earlier)
    return _within(asked.most, _spoilt(_text(asked, letter), mode, reasoning))


def _text(asked: Asked, letter: dict[str, Any]) -> str:
    if asked.schema is None:
        return str(letter["body"])
    return json.dumps(shaped(asked.schema, letter, asked.schema), ensure_ascii=False)


def _spoilt(text: str, mode: str, reasoning: int) -> Written:
    ended = "completed"
    if mode == "malformed":
        text = text[: len(text) // 2] + '", oops'
    elif mode == "truncated":
        text, ended = text[: len(text) // 2], "max_output_tokens"
    elif mode == "refusal":
        text, ended = REFUSAL, "refusal"
    elif mode == "content_filter":
        text, ended = text[: len(text) // 3], "content_filter"
    return Written(text, ended, tokens.count(text) + reasoning, reasoning)


def _within(most: int | None, whole: Written) -> Written:
    if most is None or whole.output_tokens <= most:
        return whole
    reasoning = min(whole.reasoning_tokens, most)
    text = tokens.cut(whole.text, most - reasoning)
    return replace(whole, text=text, ended="max_output_tokens", output_tokens=most, reasoning_tokens=reasoning)
