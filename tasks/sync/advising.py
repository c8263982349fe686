"""A language model's help with matching, for organizations with a budget for it.

Embeddings find candidate pairs that share no blocking key, and an opinion is written for pairs that a person will be
asked about. The model decides nothing, and matching works without it.
"""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.campaign import usage
from storage.campaign.usage import Attempt, BudgetSpent
from storage.organization.organization_settings import organization_settings
from storage.people import vectors
from storage.records import Purpose
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.language.metering import PROVIDER, Meter
from tasks.providers.language.model import ModelError, Question, estimated
from tasks.providers.language.model_turns import PacedModel
from tasks.providers.language.models import opened_model, tariff
from tasks.providers.language.openai import EMBED_AT_ONCE
from tasks.rules.matching import Traits
from tasks.rules.matching.meaning import SIZE, compact, nearest, wording
from tasks.rules.matching.opinion import INSTRUCTIONS, VERSION, Opinion, facts, in_words

MOST_OPINIONS = 100
AT_ONCE = 8
_OPINION_TOKENS = 500  # reasoning tokens included
_BYTES_A_TOKEN = 2

T = TypeVar("T")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Adviser:
    """`say` logs what could not be asked: counts only, never names."""

    store: Store
    scope: Scope
    meter: Meter
    say: Say

    def alike(
        self, alone: Mapping[int, Traits], others: Mapping[int, Traits], contacts: Mapping[int, str]
    ) -> list[tuple[int, int]]:
        """Pairs of positions: each of `alone` with its nearest of `others`. Caches the vectors of `contacts`."""
        try:
            known = _waited(self._vectors({**alone, **others}, contacts))
        except (BudgetSpent, ModelError) as trouble:
            self.say(f"nobody was compared by meaning: {trouble}")
            return []
        left, right = [at for at in alone if at in known], [at for at in others if at in known]
        near = nearest(_stacked(known, left), _stacked(known, right), most=4)  # may include the record itself
        return [(left[one], right[other]) for one, other in near if left[one] != right[other]]

    def opinions(self, pairs: Sequence[tuple[Traits, Traits, str]]) -> list[str]:
        """One sentence per pair; empty if the model gave none, the budget is spent, or for pairs past MOST_OPINIONS."""
        said = _waited(self._opinions(pairs[:MOST_OPINIONS]))
        return said + [""] * (len(pairs) - len(said))

    async def _vectors(self, people: Mapping[int, Traits], contacts: Mapping[int, str]) -> dict[int, bytes]:
        model = settings().openai_embedding_model
        texts = {at: text for at, person in people.items() if (text := wording(person))}
        with self.store.read() as session:
            kept = vectors.vectors(session, self.scope, model)
        known = {
            at: kept[contacts[at]][1]
            for at, text in texts.items()
            if kept.get(contacts.get(at, ""), ("",))[0] == _hash(text)
        }
        missing = [at for at in texts if at not in known]
        for start in range(0, len(missing), EMBED_AT_ONCE):
            batch = missing[start : start + EMBED_AT_ONCE]
            made = await self._embedded([texts[at] for at in batch], model)
            known |= dict(zip(batch, made, strict=True))
            fresh = {contacts[at]: (_hash(texts[at]), known[at]) for at in batch if at in contacts}
            with self.store.begin() as session:
                vectors.keep(session, self.scope, model, fresh)
        return known

    async def _embedded(self, texts: Sequence[str], model: str) -> list[bytes]:
        size = sum(len(text.encode()) // _BYTES_A_TOKEN + 1 for text in texts)
        async with opened_model() as asked:
            found = await self.meter.metered(
                _entry(Purpose.EMBED, model), (size, 0), lambda: asked.embed(texts, model=model)
            )
        return [vector.tobytes() for vector in compact(found.values)]

    async def _opinions(self, pairs: Sequence[tuple[Traits, Traits, str]]) -> list[str]:
        places = asyncio.Semaphore(AT_ONCE)
        async with opened_model() as model:

            async def one(pair: tuple[Traits, Traits, str]) -> str:
                async with places:
                    return await self._opinion(model, *pair)

            said = await asyncio.gather(*map(one, pairs), return_exceptions=True)
        silent = [answer for answer in said if isinstance(answer, BaseException)]
        if unexpected := [error for error in silent if not isinstance(error, BudgetSpent | ModelError)]:
            raise unexpected[0]
        if silent:
            self.say(f"the model had no opinion on {len(silent)} of {len(pairs)} pairs: {silent[0]}")
        return ["" if isinstance(answer, BaseException) else answer for answer in said]

    async def _opinion(self, model: PacedModel, one: Traits, other: Traits, reason: str) -> str:
        asked = Question(
            settings().openai_model, INSTRUCTIONS, facts(one, other, reason), Opinion, _OPINION_TOKENS,
            cache_key=f"opinion/{VERSION}",
        )  # fmt: skip
        size = (estimated(asked).tokens, asked.max_output_tokens)
        answer = await self.meter.metered(_entry(Purpose.OPINION, asked.model), size, lambda: model.write(asked))
        return in_words(answer.value)


def adviser(store: Store, scope: Scope, say: Say) -> Adviser | None:
    """None without a matching budget of the organization, or without an API key."""
    with store.read() as session:
        limit = organization_settings(session, scope).matching_budget
    if not limit or not settings().openai_api_key.get_secret_value():
        return None
    with store.begin() as session:
        month = f"matching/{datetime.now(UTC):%Y-%m}"
        budget = usage.open_budget(session, scope, month, limit=Decimal(str(limit)))
    meter = Meter(store, scope, budget.id, tariff())
    return Adviser(store, scope, meter, say)


def _entry(purpose: Purpose, model: str) -> Attempt:
    return Attempt(purpose, PROVIDER, model, None, prompt_version=VERSION)


def _waited(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from synchronous code: in a thread, since the caller's may have a running event loop."""
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(asyncio.run, work).result()


def _stacked(known: Mapping[int, bytes], wanted: Sequence[int]) -> NDArray[np.float16]:
    return np.frombuffer(b"".join(known[at] for at in wanted), dtype=np.float16).reshape(-1, SIZE)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
