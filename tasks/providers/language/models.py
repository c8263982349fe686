"""Makes the language model named by the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage.settings import settings
from tasks.providers.language.model_turns import PacedModel, Turns
from tasks.providers.language.openai import OpenAIModel, Style
from tasks.rules.prices import Tariff


@asynccontextmanager
async def opened_model() -> AsyncIterator[PacedModel]:
    """The configured model, rate limited."""
    chosen = settings()
    key, style = chosen.openai_api_key.get_secret_value(), Style(chosen.openai_style)
    async with OpenAIModel(base_url=chosen.openai_base_url, api_key=key, style=style) as model:
        yield PacedModel(model, Turns())


def tariff() -> Tariff:
    """The price list of the configured model's provider."""
    return Tariff(settings().openai_base_url, settings().model_price)
