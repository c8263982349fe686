"""A personal mail out of facts, as a well-behaved model would write it; and an opinion on two records."""

import difflib
import random
from collections.abc import Iterator
from typing import Any

from deployments.simulators.openai.facts import COMPANY, ORDERS, PLACE, ROLE, Facts
from deployments.simulators.openai.phrases import LANGUAGES, YOUR_COMPANY, Phrases

LONGEST = 80
"""A longer text within the facts is somebody's note and not worth quoting."""


def composed(facts: Facts, *, language: str = "") -> dict[str, Any]:
    """Everything that a schema may ask a mail for, by the usual names. The same facts give the same mail."""
    tongue = language or (facts.language if facts.language in LANGUAGES else "en")
    phrases, dice = LANGUAGES[tongue], random.Random(repr(facts.leaves))
    company = _short(facts.named(*COMPANY))
    paragraphs = list(_paragraphs(facts, phrases, dice, company))
    name, links = _short(facts.first_name), facts.links()
    return {
        "subject": dice.choice(phrases.subjects).format(company=company or YOUR_COMPANY[tongue]),
        "preheader": dice.choice(phrases.preheaders),
        "greeting": dice.choice(phrases.greetings).format(name=name) if name else phrases.neutral,
        "paragraphs": paragraphs,
        "body": "\n\n".join(str(paragraph["text"]) for paragraph in paragraphs),
        "cta_key": links[0] if links else "",
        "language": tongue,
        "confidence": round(0.7 + dice.random() * 0.3, 2),
        **opinion(facts),
    }


def _paragraphs(facts: Facts, phrases: Phrases, dice: random.Random, company: str) -> Iterator[dict[str, Any]]:
    if company:
        yield _resting_on(facts, company, dice.choice(phrases.company).format(company=company))
    role, place = _short(facts.named(*ROLE)), _short(facts.named(*PLACE))
    if role:
        yield _resting_on(facts, role, dice.choice(phrases.role).format(role=role))
    elif place:
        yield _resting_on(facts, place, dice.choice(phrases.place).format(place=place))
    yield {"text": " ".join(dice.sample(phrases.middles, 2)), "fact_ids": []}
    if about_us := sorted(facts.about_us().items()):
        name, text = dice.choice(about_us)
        yield {"text": text, "fact_ids": [name]}
    yield {"text": dice.choice(phrases.closings), "fact_ids": []}


def _resting_on(facts: Facts, fact: str, text: str) -> dict[str, Any]:
    return {"text": text, "fact_ids": facts.id_of(fact)}


def _short(text: str) -> str:
    """What can be quoted within a sentence."""
    orders = any(word in text.casefold() for word in ORDERS)
    return "" if orders or len(text) > LONGEST or "\n" in text else text


def opinion(facts: Facts) -> dict[str, Any]:
    """Whether two records are of the same person, by how alike their texts are."""
    records = facts.records()
    if len(records) < 2:  # noqa: PLR2004 - a comparison needs two
        return {}
    alike = likeness(records[0], records[1])
    if alike is None:
        return {}
    verdict = "same" if alike > 0.75 else "different" if alike < 0.45 else "maybe"  # noqa: PLR2004 - a rule of thumb
    return {
        "same": verdict == "same", "verdict": verdict, "opinion": verdict, "confidence": round(alike, 2),
        "reason": f"the two records are {round(alike * 100)} percent alike",
    }  # fmt: skip


def likeness(one: dict[str, Any], other: dict[str, Any]) -> float | None:
    both = [key for key in one if key in other and one[key] and other[key]]
    ratios = [difflib.SequenceMatcher(None, _plain(one[key]), _plain(other[key])).ratio() for key in both]
    return sum(ratios) / len(ratios) if ratios else None


def _plain(value: Any) -> str:
    return str(value).casefold()
