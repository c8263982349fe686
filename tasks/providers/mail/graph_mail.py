"""Mail by Microsoft Graph: a draft with our key, sent by its immutable id, and looked up by both.

`sendMail` is never used, since it returns no id to look up.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote

import msgspec

from storage.campaign.claims import Claim
from tasks.providers.base import Tokens
from tasks.providers.http_errors import NotThere
from tasks.providers.mail.mail_client import MailClient
from tasks.providers.mail.mailer import Arrival, Refused, Standing, Whereabouts

SCOPE = "Mail.ReadWrite and Mail.Send"
NAMES = "id,isDraft,internetMessageId,conversationId"
ARRIVED = "id,conversationId,internetMessageHeaders"
PAGE = 50
_ANSWERS = {"in-reply-to", "references"}
_REPORTS = ("mailer-daemon", "postmaster", "microsoftexchange")


class _Property(msgspec.Struct):
    id: str
    value: str = ""


class _Keyed(msgspec.Struct):
    properties: list[_Property] = msgspec.field(name="singleValueExtendedProperties", default_factory=list)


class _Message(msgspec.Struct):
    id: str
    is_draft: bool = msgspec.field(name="isDraft")
    message_id: str = msgspec.field(name="internetMessageId", default="")
    thread_id: str = msgspec.field(name="conversationId", default="")

    def whereabouts(self) -> Whereabouts:
        standing = Standing.DRAFT if self.is_draft else Standing.SENT
        return Whereabouts(standing, self.id, self.message_id, self.thread_id)


class _Found(msgspec.Struct):
    value: list[_Message]


class _Header(msgspec.Struct):
    name: str
    value: str = ""


class _Arrived(msgspec.Struct):
    id: str
    thread_id: str = msgspec.field(name="conversationId", default="")
    headers: list[_Header] = msgspec.field(name="internetMessageHeaders", default_factory=list)


class _Page(msgspec.Struct):
    value: list[_Arrived]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


_keyed = msgspec.json.Decoder(_Keyed).decode
_message = msgspec.json.Decoder(_Message).decode
_found = msgspec.json.Decoder(_Found).decode
_page = msgspec.json.Decoder(_Page).decode


class GraphMailer:
    def __init__(self, base_url: str, tokens: Tokens, **how: Any) -> None:
        # On every request: an id that stays the same when the mail moves from Drafts to Sent Items.
        headers = {"Prefer": 'IdType="ImmutableId"'}
        self._client = MailClient(base_url, tokens, provider="Microsoft", scope=SCOPE, headers=headers, **how)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *trouble: object) -> None:
        await self._client.__aexit__(*trouble)

    async def draft(self, claim: Claim) -> Whereabouts:
        return (await self._client.ask("POST", "/me/messages", _message, content=claim.content)).whereabouts()

    async def find(self, claim: Claim) -> Whereabouts:
        found = await self._with_our_key(claim)
        sent = [one for one in found if not one.is_draft]
        return (sent or found)[0].whereabouts() if found else Whereabouts(Standing.GONE)

    async def send(self, draft_id: str) -> Whereabouts:
        # 202 means accepted, even with a Retry-After.
        await self._client.ask("POST", f"{_place(draft_id)}/send", bytes)
        return Whereabouts(Standing.SENT, draft_id)

    async def look(self, claim: Claim) -> Whereabouts:
        try:
            found = await self._client.get(_place(claim.draft_id), _message, **{"$select": NAMES})
        except NotThere:
            sent = [one for one in await self._with_our_key(claim) if not one.is_draft]
            return sent[0].whereabouts() if sent else Whereabouts(Standing.GONE)
        return found.whereabouts()

    async def arrivals(self, since: datetime) -> AsyncGenerator[Arrival, None]:
        parameters: dict[str, str] | None = {
            "$filter": f"receivedDateTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "$select": ARRIVED,
            "$top": str(PAGE),
        }
        link: str | None = "/me/mailFolders/inbox/messages"
        while link:
            page = await self._client.ask("GET", link, _page, parameters=parameters)
            for one in page.value:
                yield _arrival(one)
            link, parameters = page.next_link, None

    async def whole(self, arrival: Arrival) -> bytes:
        return await self._client.get(f"{_place(arrival.id)}/$value", bytes)

    async def conversation(self, message_id: str) -> str:
        wanted = {"$filter": f"internetMessageId eq '{_quoted(message_id)}'", "$select": NAMES}
        found = (await self._client.get("/me/messages", _found, **wanted)).value
        return found[0].thread_id if found else ""

    async def _with_our_key(self, claim: Claim) -> list[_Message]:
        """Mails with our key, in any folder of the mailbox."""
        key = key_of(claim.content)
        condition = f"ep/id eq '{_quoted(key.id)}' and ep/value eq '{_quoted(key.value)}'"
        wanted = {"$filter": f"singleValueExtendedProperties/Any(ep: {condition})", "$select": NAMES}
        return (await self._client.get("/me/messages", _found, **wanted)).value


def key_of(content: bytes) -> _Property:
    """The extended property that holds our key, by which a mail is found again."""
    for one in _keyed(content).properties:
        if one.id.lower().endswith("key"):
            return one
    raise Refused("this mail bears no key to find it again by: write it anew", provider="Microsoft")


def _place(message_id: str) -> str:
    return f"/me/messages/{quote(message_id, safe='=')}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _arrival(one: _Arrived) -> Arrival:
    headers = {header.name.lower(): header.value for header in one.headers}
    answers = [name for header in _ANSWERS for name in headers.get(header, "").split()]
    report = "multipart/report" in headers.get("content-type", "") or any(
        word in headers.get("from", "").lower() for word in _REPORTS
    )
    return Arrival(one.id, one.thread_id, tuple(answers), is_report=report)
