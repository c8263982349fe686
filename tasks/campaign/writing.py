"""Have a language model write one letter: within the campaign's budget, with retries, and paid for only once."""

import asyncio
import math
import random
from dataclasses import dataclass, field

from storage.campaign import past_mails
from storage.campaign.campaigns import Campaign
from storage.campaign.usage import Attempt
from storage.records import Brief, Letter, Mail, Purpose
from storage.scope import Scope
from storage.session import Store
from tasks.providers.language.metering import PROVIDER, Meter
from tasks.providers.language.model import (
    Question,
    Throttled,
    Unanswerable,
    Unavailable,
    Unfit,
    estimated,
)
from tasks.providers.language.model_turns import PacedModel
from tasks.rules import prompts
from tasks.rules.prompts import PROMPT_VERSION, Answer

MOST_OUTPUT = 2000
LONGEST_OUTPUT = 8000
MOST_ATTEMPTS = 8
MOST_UNFIT = 3
LONGEST_WAIT = 30.0


class NotWritten(Exception):
    """The model gave no usable letter. The text is stored as the mail's reason."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The context for writing the letters of one campaign."""

    store: Store
    scope: Scope
    campaign: Campaign
    brief: Brief
    model: PacedModel
    meter: Meter
    first_wait: float = 1.0
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)

    def hash_of(self, mail: Mail) -> str:
        assert mail.draft  # noqa: S101 (for the type checker: mails are read with their key here)
        recipient, hint = mail.draft.recipient, mail.draft.hint
        return prompts.prompt_hash(self.campaign.model, self.campaign.brief_hash, recipient, hint)

    def question(self, mail: Mail, most_output: int) -> Question[Answer]:
        assert mail.draft  # noqa: S101 (as above)
        asked = prompts.prompt(self.brief, mail.draft.recipient, mail.draft.hint)
        return Question(
            self.campaign.model, asked.instructions, asked.question, Answer, most_output, cache_key=self.campaign.id
        )


async def letter_for(writer: Writer, mail: Mail) -> Letter:
    """The letter for a mail; an identical prompt is paid for once. Raises NotWritten, BudgetSpent or ModelError."""
    asked = writer.hash_of(mail)
    async with writer.locks.setdefault(asked, asyncio.Lock()):
        known = writer.letters.get(asked) or await asyncio.to_thread(_known, writer, asked)
        writer.letters[asked] = known or await _persist(writer, mail, asked)
        return writer.letters[asked]


def _known(writer: Writer, prompt_hash: str) -> Letter | None:
    with writer.store.read() as session:
        return past_mails.same_question(session, writer.scope, prompt_hash)


async def _persist(writer: Writer, mail: Mail, prompt_hash: str) -> Letter:
    """Call the model with retries, as long as a retry may help."""
    most_output, unfit = MOST_OUTPUT, 0
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            return await _attempt(writer, mail, prompt_hash, attempt, most_output)
        except Unanswerable as refused:
            raise NotWritten(str(refused)) from None
        except Unfit as trouble:
            unfit += 1
            most_output = min(LONGEST_OUTPUT, most_output * 2) if trouble.code == "truncated" else most_output
            if unfit == MOST_UNFIT:
                raise NotWritten(f"the model wrote nothing that can be used in {unfit} attempts") from None
        except Unavailable as trouble:
            await asyncio.sleep(_wait(writer, attempt, trouble))
        except Throttled:
            continue  # the pacing waits as long as the service asks
    raise NotWritten(f"the model's service had trouble {MOST_ATTEMPTS} times: try again later")


async def _attempt(writer: Writer, mail: Mail, prompt_hash: str, attempt: int, most_output: int) -> Letter:
    asked = writer.question(mail, most_output)
    hint = bool(mail.draft and mail.draft.hint)
    entry = Attempt(
        Purpose.REGENERATE if hint else Purpose.GENERATE, PROVIDER, asked.model, None, attempt, writer.campaign.id,
        mail.id, PROMPT_VERSION, prompt_hash,
    )  # fmt: skip
    size = (estimated(asked).tokens, asked.max_output_tokens)
    answer = await writer.meter.metered(entry, size, lambda: writer.model.write(asked))
    return prompts.letter_of(answer.value, writer.brief)


def _wait(writer: Writer, attempt: int, trouble: Unavailable) -> float:
    """Seconds before the next attempt: as the service asked, otherwise exponential backoff with jitter."""
    if trouble.wait:
        return trouble.wait
    longest = min(LONGEST_WAIT, math.ldexp(writer.first_wait, attempt - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 (no secret)
