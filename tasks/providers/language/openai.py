"""Models behind OpenAI's interface: OpenAI itself by `/responses`, and compatible servers by whatever they have.

Every attempt is one request. The library would try again by itself, and what it lost on the way would be billed twice
and seen by nobody; so it must not.
"""

import logging
import time
from collections.abc import Awaitable, Sequence
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tasks.providers.language import openai_answers as answers
from tasks.providers.language.model import (
    Answer,
    Billed,
    ModelError,
    Question,
    Receipt,
    Size,
    T,
    Unavailable,
    Unfit,
    Unusable,
    Vectors,
    estimated,
)

if TYPE_CHECKING:
    import httpx2

_CONNECT = 10.0
_CONNECTIONS = 500
_ABSENT = {404, 405, 501}
EMBED_AT_ONCE = 512
"""Texts that one request may hold here; OpenAI takes 2,048 of them, and fewer when they are long."""


class Style(StrEnum):
    """Which way a server is asked. AUTO: by `/responses`, and by `/chat/completions` once that is found missing."""

    AUTO = "auto"
    RESPONSES = "responses"
    CHAT = "chat"


class OpenAIModel:
    """Opened and closed with `async with`; one pool of connections, for one event loop."""

    def __init__(self, *, base_url: str, api_key: str, style: Style = Style.AUTO, timeout: float = 120.0) -> None:
        self._base_url, self._api_key, self._timeout = base_url, api_key, timeout
        self._style, self._counts = style, style is not Style.CHAT

    async def __aenter__(self) -> Self:
        import httpx2  # noqa: PLC0415 (as below)
        import openai  # noqa: PLC0415 (takes nearly two seconds, which only those pay who ask a model)

        for name in ("openai", "httpx2"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below that they write down what they send
        pool = httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        self._client = openai.AsyncOpenAI(
            api_key=self._api_key or "none",
            base_url=self._base_url,
            max_retries=0,
            timeout=openai.Timeout(self._timeout, connect=_CONNECT),
            http_client=openai.DefaultAsyncHttpxClient(limits=pool, follow_redirects=False),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def write(self, asked: Question[T]) -> Answer[T]:
        if self._style is not Style.CHAT:
            try:
                return await self._respond(asked)
            except Unusable as missing:
                if self._style is Style.RESPONSES or not _no_such_route(missing):
                    raise
            self._style, self._counts = Style.CHAT, False
        return await self._chat(asked)

    async def count(self, asked: Question[T]) -> Size:
        """As the service counts, which costs nothing; estimated where it does not."""
        if not self._counts:
            return estimated(asked)
        endpoint = self._client.responses.input_tokens.with_raw_response
        try:
            body, _ = await self._asked(
                endpoint.count(
                    model=asked.model, instructions=asked.instructions, input=asked.facts, text={"format": _form(asked)}
                )
            )
        except Unusable as missing:
            if not _no_such_route(missing):
                raise
            self._counts = False
            return estimated(asked)
        tokens = body.get("input_tokens")
        return Size(tokens, exact=True) if isinstance(tokens, int) else estimated(asked)

    async def embed(self, texts: Sequence[str], *, model: str) -> Vectors:
        """One vector a text, in their order. At most EMBED_AT_ONCE of them, none of them empty."""
        if not 0 < len(texts) <= EMBED_AT_ONCE or not all(texts):
            raise ValueError(f"between 1 and {EMBED_AT_ONCE} texts at once, none of them empty")
        endpoint = self._client.embeddings.with_raw_response
        body, receipt = await self._asked(endpoint.create(model=model, input=list(texts), encoding_format="float"))
        return Vectors(_vectors(body, len(texts), receipt), receipt)

    async def _respond(self, asked: Question[T]) -> Answer[T]:
        endpoint = self._client.responses.with_raw_response
        body, receipt = await self._asked(
            endpoint.parse(
                model=asked.model,
                instructions=asked.instructions,
                input=asked.facts,
                text_format=asked.shape,
                max_output_tokens=asked.max_output_tokens,
                store=False,
                **_wishes(asked),
            )
        )
        return Answer(answers.in_shape(answers.written(body, receipt), asked.shape, receipt), receipt)

    async def _chat(self, asked: Question[T]) -> Answer[T]:
        endpoint = self._client.chat.completions.with_raw_response
        body, receipt = await self._asked(
            endpoint.parse(
                model=asked.model,
                messages=[
                    {"role": "system", "content": asked.instructions},
                    {"role": "user", "content": asked.facts},
                ],
                response_format=asked.shape,
                max_tokens=asked.max_output_tokens,
            )
        )
        return Answer(answers.in_shape(answers.chatted(body, receipt), asked.shape, receipt), receipt)

    async def _asked(self, asking: Awaitable[Any]) -> tuple[dict[str, Any], Receipt]:
        """The answer's body as it came. Troubles are told anew, for the library's own errors quote the service."""
        import openai  # noqa: PLC0415 (as above)

        started = time.monotonic()
        try:
            raw = await asking
        except openai.APIStatusError as error:
            trouble = answers.refused(error.status_code, error.body, error.response.headers)
        except openai.APIConnectionError as error:
            trouble = _lost(error.__cause__)
        except openai.OpenAIError as error:
            trouble = _broken(error)
        else:
            return _read(raw.http_response, started)
        raise trouble


def _read(response: "httpx2.Response", started: float) -> tuple[dict[str, Any], Receipt]:
    body = answers.body_of(response.content)
    return body, answers.receipt_of(body, response.headers, round((time.monotonic() - started) * 1000))


def _wishes(asked: Question[T]) -> dict[str, Any]:
    """What is sent only where it is wished for, since some servers refuse what they do not know."""
    wishes = {
        "service_tier": asked.tier,
        "prompt_cache_key": asked.cache_key,
        "reasoning": {"effort": asked.effort} if asked.effort else None,
    }
    return {name: wish for name, wish in wishes.items() if wish}


def _form(asked: Question[T]) -> Any:
    """The shape as the library words it in `parse`."""
    import openai  # noqa: PLC0415 (as above)

    schema = openai.pydantic_function_tool(asked.shape)["function"]["parameters"]
    return {"type": "json_schema", "name": asked.shape.__name__, "strict": True, "schema": schema}


def _no_such_route(error: ModelError) -> bool:
    return error.status in _ABSENT and error.code != "model_not_found"


def _lost(cause: BaseException | None) -> ModelError:
    """A connection that never came about cannot have cost anything; one that broke may have."""
    import httpx2  # noqa: PLC0415 (as above)

    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Unavailable(
            "the model's service cannot be reached: is OPENAI_BASE_URL right?", permanent=False, billed=Billed.NO
        )
    kind = type(cause).__name__ if cause else "timeout"
    text = f"the connection to the model's service was lost ({kind}); whether it had done its work is not known"
    return Unavailable(text, permanent=False, billed=Billed.UNKNOWN, code="lost")


def _broken(error: Exception) -> ModelError:
    text = f"the model's service answered what its library cannot read ({type(error).__name__})"
    return Unavailable(text, permanent=False, billed=Billed.UNKNOWN, code="unreadable")


def _vectors(body: dict[str, Any], wanted: int, receipt: Receipt) -> list[list[float]]:
    data = body.get("data")
    rows = data if isinstance(data, list) else []
    found = {row.get("index"): row.get("embedding") for row in rows if isinstance(row, dict)}
    values = [found.get(at) for at in range(wanted)]
    if not all(isinstance(value, list) and value for value in values):
        raise Unfit("vectors are missing", permanent=False, billed=Billed.YES, code="malformed", receipt=receipt)
    return [value for value in values if value is not None]
