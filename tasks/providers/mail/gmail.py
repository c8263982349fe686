"""Mail by Gmail: a draft, sent by its id, and looked up by its id, its thread and its Message-ID.

Gmail may change the Message-ID when it sends a mail, so ours alone proves nothing; the thread stays the same.
"""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

import msgspec

from storage.campaign.claims import Claim
from tasks.providers.base import Tokens
from tasks.providers.http_errors import NotThere
from tasks.providers.mail.mail_client import MailClient
from tasks.providers.mail.mailer import Arrival, Standing, Whereabouts
from tasks.rules.mail_headers import headers_of

SCOPE = "sending and reading of mail"
REPORTERS = ("mailer-daemon", "postmaster")


class _Header(msgspec.Struct):
    name: str
    value: str = ""


class _Payload(msgspec.Struct):
    headers: list[_Header] = []


class _Message(msgspec.Struct):
    id: str
    thread_id: str = msgspec.field(name="threadId", default="")
    labels: list[str] = msgspec.field(name="labelIds", default_factory=list)
    payload: _Payload = msgspec.field(default_factory=_Payload)
    raw: str = ""

    def header(self, name: str) -> str:
        return next((one.value for one in self.payload.headers if one.name.lower() == name), "")


class _Draft(msgspec.Struct):
    id: str
    message: _Message


class _Drafts(msgspec.Struct):
    drafts: list[_Draft] = []


class _Messages(msgspec.Struct):
    messages: list[_Message] = []
    next_page: str = msgspec.field(name="nextPageToken", default="")


_draft = msgspec.json.Decoder(_Draft).decode
_drafts = msgspec.json.Decoder(_Drafts).decode
_message = msgspec.json.Decoder(_Message).decode
_messages = msgspec.json.Decoder(_Messages).decode


class GmailMailer:
    def __init__(self, base_url: str, tokens: Tokens, **how: Any) -> None:
        self._client = MailClient(f"{base_url.rstrip('/')}/users/me", tokens, provider="Google", scope=SCOPE, **how)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *trouble: object) -> None:
        await self._client.__aexit__(*trouble)

    async def draft(self, claim: Claim) -> Whereabouts:
        raw = base64.urlsafe_b64encode(claim.content).decode()
        wish = msgspec.json.encode({"message": {"raw": raw}})
        made = await self._client.ask("POST", "/drafts", _draft, content=wish)
        return Whereabouts(Standing.DRAFT, made.id, message_id_of(claim.content), made.message.thread_id)

    async def find(self, claim: Claim) -> Whereabouts:
        name = message_id_of(claim.content)
        sent = await self._sent_as(name)
        if sent is not None:
            return sent
        drafts = (await self._client.get("/drafts", _drafts, q=f"rfc822msgid:{name}")).drafts
        if not drafts:
            return Whereabouts(Standing.GONE)
        return Whereabouts(Standing.DRAFT, drafts[0].id, name, drafts[0].message.thread_id)

    async def send(self, draft_id: str) -> Whereabouts:
        sent = await self._client.ask("POST", "/drafts/send", _message, content=msgspec.json.encode({"id": draft_id}))
        return Whereabouts(Standing.SENT, draft_id, thread_id=sent.thread_id)

    async def look(self, claim: Claim) -> Whereabouts:
        try:
            draft = await self._client.get(f"/drafts/{quote(claim.draft_id)}", _draft, format="minimal")
        except NotThere:
            sent = await self._sent_in(claim.thread_id) or await self._sent_as(message_id_of(claim.content))
            return sent or Whereabouts(Standing.GONE)
        return Whereabouts(Standing.DRAFT, draft.id, thread_id=draft.message.thread_id)

    async def arrivals(self, since: datetime) -> AsyncGenerator[Arrival, None]:
        """Messages in the inbox since then. The list has no headers, so reports are searched for by sender."""
        after = int(since.timestamp())
        wanted = [f"in:inbox after:{after} from:{who}" for who in REPORTERS]
        reports = {name for query in wanted async for name, _ in self._listed(query)}
        async for name, thread_id in self._listed(f"in:inbox after:{after}"):
            yield Arrival(name, thread_id, (), is_report=name in reports)

    async def whole(self, arrival: Arrival) -> bytes:
        found = await self._client.get(f"/messages/{quote(arrival.id)}", _message, format="raw")
        return base64.urlsafe_b64decode(found.raw + "=" * (-len(found.raw) % 4))

    async def conversation(self, message_id: str) -> str:
        sent = await self._sent_as(message_id)
        return sent.thread_id if sent else ""

    async def _listed(self, query: str) -> AsyncIterator[tuple[str, str]]:
        parameters = {"q": query, "maxResults": "500"}
        while True:
            page = await self._client.get("/messages", _messages, **parameters)
            for one in page.messages:
                yield one.id, one.thread_id
            if not page.next_page:
                return
            parameters["pageToken"] = page.next_page

    async def _sent_in(self, thread_id: str) -> Whereabouts | None:
        if not thread_id:
            return None
        parameters = {"format": "metadata", "metadataHeaders": "Message-ID"}
        try:
            thread = await self._client.get(f"/threads/{quote(thread_id)}", _messages, **parameters)
        except NotThere:
            return None
        sent = [one for one in thread.messages if "SENT" in one.labels]
        return Whereabouts(Standing.SENT, "", sent[0].header("message-id"), thread_id) if sent else None

    async def _sent_as(self, name: str) -> Whereabouts | None:
        found = (await self._client.get("/messages", _messages, q=f"in:sent rfc822msgid:{name}")).messages
        return Whereabouts(Standing.SENT, "", name, found[0].thread_id) if found else None


def message_id_of(content: bytes) -> str:
    return next(iter(headers_of(content).get("message-id", [])), "").strip()
