"""How a model that misbehaves spoils the mail that it would otherwise have written."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from deployments.simulators.openai.facts import COMPANY, EMAIL, ORDERS, Facts
from deployments.simulators.openai.letter import composed

OTHERS = ("Bartholomew", "Zsuzsanna", "Okonkwo")

Letter = dict[str, Any]
Misdeed = Callable[[Letter, Facts, Sequence[Facts]], Letter]


def _and_says(letter: Letter, text: str) -> Letter:
    paragraphs = [*letter["paragraphs"][:-1], {"text": text, "fact_ids": []}, *letter["paragraphs"][-1:]]
    return {**letter, "paragraphs": paragraphs, "body": f"{letter['body']}\n\n{text}"}


def _leak(letter: Letter, facts: Facts, earlier: Sequence[Facts]) -> Letter:
    strangers = [one for one in earlier if one.first_name and one.first_name != facts.first_name]
    if not strangers:
        return letter
    other = strangers[-1]
    named = " ".join(part for part in (other.first_name, other.named(*COMPANY), other.named(*EMAIL)) if part)
    return _and_says(letter, f"We did the same for {named}, as you may have heard.")


def _hallucinate(letter: Letter, _facts: Facts, _earlier: Sequence[Facts]) -> Letter:
    invented = "Since 12 March 2019 we have saved our customers 47 % of their time, see https://offers.invalid/deal-99."
    return _and_says(letter, invented)


def _echo(letter: Letter, facts: Facts, _earlier: Sequence[Facts]) -> Letter:
    texts = [text for _, text in facts.leaves]
    orders = [text for text in texts if any(word in text.casefold() for word in ORDERS)]
    return _and_says(letter, max(orders or texts or [""], key=len))


def _placeholder(letter: Letter, _facts: Facts, _earlier: Sequence[Facts]) -> Letter:
    return {**letter, "greeting": random.Random(letter["body"]).choice(("Dear [Name],", "Hello {{first_name}},"))}


def _wrong_name(letter: Letter, facts: Facts, _earlier: Sequence[Facts]) -> Letter:
    other = next(name for name in OTHERS if name != facts.first_name)
    return {**letter, "greeting": f"Dear {other},"}


def _wrong_language(letter: Letter, facts: Facts, _earlier: Sequence[Facts]) -> Letter:
    return {**composed(facts, language="de" if letter["language"] != "de" else "fr"), "language": letter["language"]}


MISDEEDS: dict[str, Misdeed] = {
    "leak": _leak,
    "hallucinate": _hallucinate,
    "echo": _echo,
    "placeholder": _placeholder,
    "wrong_name": _wrong_name,
    "wrong_language": _wrong_language,
}
