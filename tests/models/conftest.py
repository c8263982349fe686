"""The simulated language model, as a test's own, and what is asked of it."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field

from deployments.simulators.openai.service import Service
from deployments.simulators.server import Simulators, serve
from tasks.providers.language.model import Question
from tasks.providers.language.openai import OpenAIModel


class Passage(BaseModel):
    text: str
    fact_ids: list[str]


class Mail(BaseModel):
    subject: str
    preheader: str
    greeting: str
    paragraphs: list[Passage]
    cta_key: str | None
    language: str
    confidence: float = Field(ge=0, le=1)


ANNA = {
    "recipient": {"name": "Anna Novak", "facts": {"company": "Contoso", "job_title": "Buyer"}},
    "links": {"demo": "Book a demo"},
}
BORIS = {"recipient": {"name": "Boris Petrov", "facts": {"company": "Fabrikam", "email": "boris@fabrikam.example"}}}


def question(facts: Any = ANNA, **wishes: Any) -> Question[Mail]:
    told = {"model": "gpt-5.4-mini", "instructions": "Write a short mail.", "facts": json.dumps(facts), "shape": Mail}
    return Question(**{**told, **wishes})


@pytest.fixture(scope="session")
def running() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def simulators(running: Simulators) -> Simulators:
    running.start_over(contacts=0, seed=1)
    return running


@pytest.fixture
def service(simulators: Simulators) -> Service:
    return simulators.world.openai


@pytest.fixture
def new_model(simulators: Simulators) -> Callable[..., OpenAIModel]:
    def new(**wishes: Any) -> OpenAIModel:
        urls = simulators.urls
        return OpenAIModel(**{"base_url": urls.openai_base_url, "api_key": urls.openai_api_key, **wishes})

    return new


@pytest.fixture
async def model(new_model: Callable[..., OpenAIModel]) -> AsyncIterator[OpenAIModel]:
    async with new_model() as opened:
        yield opened
