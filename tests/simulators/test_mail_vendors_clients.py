"""The vendors' own clients send and read mail here: what msgraph-sdk and Google's client accept, is true."""

import base64
import io
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import httpx
import pytest

from deployments.simulators.server import Simulators
from tests.simulators.mails import KEY, by_key, in_url, written

# msgraph-sdk uses classes of its own base library that are deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

ALICE = "alice@gmail.example"


@pytest.fixture
async def graph(microsoft: Any) -> Any:
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider  # noqa: PLC0415 - slow to import
    from msgraph.graph_request_adapter import GraphRequestAdapter, options  # noqa: PLC0415 - as above
    from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415 - as above
    from msgraph_core import GraphClientFactory  # noqa: PLC0415 - as above

    headers = {"authorization": f"Bearer {microsoft.token}", "prefer": 'IdType="ImmutableId"'}
    async with (
        httpx.AsyncHTTPTransport() as transport,
        httpx.AsyncClient(headers=headers, transport=transport) as client,
    ):
        equipped = GraphClientFactory.create_with_default_middleware(options=options, client=client)
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), equipped)
        adapter.base_url = microsoft.base
        yield GraphServiceClient(request_adapter=adapter)


def message(key: str) -> Any:
    from msgraph.generated.models.body_type import BodyType  # noqa: PLC0415 - slow to import
    from msgraph.generated.models.email_address import EmailAddress  # noqa: PLC0415 - as above
    from msgraph.generated.models.file_attachment import FileAttachment  # noqa: PLC0415 - as above
    from msgraph.generated.models.item_body import ItemBody  # noqa: PLC0415 - as above
    from msgraph.generated.models.message import Message  # noqa: PLC0415 - as above
    from msgraph.generated.models.recipient import Recipient  # noqa: PLC0415 - as above
    from msgraph.generated.models.single_value_legacy_extended_property import (  # noqa: PLC0415 - as above
        SingleValueLegacyExtendedProperty,
    )

    return Message(
        subject=f"About {key}",
        body=ItemBody(content_type=BodyType.Html, content="<p>Grüß Gott</p>"),
        to_recipients=[Recipient(email_address=EmailAddress(address="bob@client.example", name="Bob"))],
        attachments=[FileAttachment(name="a.txt", content_type="text/plain", content_bytes=b"hello")],
        single_value_extended_properties=[SingleValueLegacyExtendedProperty(id=KEY, value=key)],
    )


async def test_msgraph_sdk_drafts_sends_and_finds_a_mail_again(graph: Any, microsoft: Any) -> None:
    from msgraph.generated.users.item.messages.messages_request_builder import (  # noqa: PLC0415 - slow to import
        MessagesRequestBuilder,
    )

    draft = await graph.me.messages.post(message("k1"))
    assert draft.is_draft
    await graph.me.messages.by_message_id(draft.id).send.post()
    sent = await graph.me.messages.by_message_id(draft.id).get()
    assert (sent.is_draft, sent.internet_message_id) == (False, draft.internet_message_id)
    assert sent.sent_date_time is not None

    parameters = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(filter=by_key("k1"))
    wanted = MessagesRequestBuilder.MessagesRequestBuilderGetRequestConfiguration(query_parameters=parameters)
    found = await graph.me.messages.get(request_configuration=wanted)
    assert [one.id for one in found.value] == [draft.id]
    [delivery] = microsoft.world.delivered
    assert (delivery.key, delivery.message_id) == ("k1", draft.internet_message_id)
    [attachment] = (await graph.me.messages.by_message_id(draft.id).attachments.get()).value
    assert (attachment.name, attachment.content_bytes) == ("a.txt", b"hello")


async def test_msgraph_sdk_changes_and_deletes_a_draft(graph: Any) -> None:
    from msgraph.generated.models.message import Message  # noqa: PLC0415 - slow to import
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError  # noqa: PLC0415 - as above

    draft = await graph.me.messages.post(message("k1"))
    one = graph.me.messages.by_message_id(draft.id)
    assert (await one.patch(Message(subject="Other"))).subject == "Other"
    await one.delete()
    await one.delete()
    with pytest.raises(ODataError) as refusal:
        await one.send.post()
    assert refusal.value.error
    assert (refusal.value.response_status_code, refusal.value.error.code) == (404, "ErrorItemNotFound")


async def test_msgraph_sdk_follows_the_inbox_and_reads_a_bounce_whole(graph: Any, microsoft: Any) -> None:
    delta = graph.me.mail_folders.by_mail_folder_id("inbox").messages.delta
    start = await delta.get()
    draft = await graph.me.messages.post(message("k1"))
    await graph.me.messages.by_message_id(draft.id).send.post()
    microsoft.control("incoming", kind="bounce_hard", key="k1")
    came = await delta.with_url(start.odata_delta_link).get()
    [mail] = came.value
    assert mail.conversation_id == draft.conversation_id
    content = await graph.me.messages.by_message_id(mail.id).content.get()
    assert b"Final-Recipient: rfc822;bob@client.example" in content
    folders = (await graph.me.mail_folders.get()).value
    assert {one.display_name: one.total_item_count for one in folders}["Sent Items"] == 1


@pytest.fixture
def gmail(simulators: Simulators) -> Iterator[Any]:
    from google.oauth2.credentials import Credentials  # noqa: PLC0415 - slow to import
    from googleapiclient.discovery import build_from_document  # noqa: PLC0415 - as above

    urls = simulators.urls
    credentials = Credentials(
        None, refresh_token=simulators.world.refresh_token("google"), token_uri=urls.google_token_url,
        client_id=urls.client_id, client_secret=urls.client_secret,
    )  # fmt: skip
    document = resources.files("googleapiclient.discovery_cache.documents") / "gmail.v1.json"
    # Uploads go to the document's own root, whatever endpoint the client is told.
    document_here = json.loads(document.read_text()) | {"rootUrl": f"{urls.http}/google/"}
    with build_from_document(document_here, credentials=credentials) as service:
        yield service.users()


def mail(key: str) -> bytes:
    return written(key, sender=ALICE)


def test_googles_client_drafts_sends_and_looks_up(gmail: Any, google: Any) -> None:
    from googleapiclient.errors import HttpError  # noqa: PLC0415 - slow to import

    draft = gmail.drafts().create(userId="me", body={"message": {"raw": in_url(mail("k1"))}}).execute()
    assert gmail.drafts().get(userId="me", id=draft["id"], format="minimal").execute()["id"] == draft["id"]
    sent = gmail.drafts().send(userId="me", body={"id": draft["id"]}).execute()
    with pytest.raises(HttpError) as refusal:
        gmail.drafts().get(userId="me", id=draft["id"]).execute()
    assert (refusal.value.status_code, refusal.value.error_details[0]["reason"]) == (404, "notFound")
    found = gmail.messages().list(userId="me", q="in:sent rfc822msgid:k1@ours.example").execute()["messages"]
    assert [one["id"] for one in found] == [sent["id"]]
    thread = gmail.threads().get(userId="me", id=sent["threadId"], format="minimal").execute()
    assert [one["labelIds"] for one in thread["messages"]] == [["SENT"]]
    assert google.world.delivered.times("k1") == 1


@pytest.mark.parametrize("resumable", [False, True])
def test_googles_client_uploads_a_mail_byte_for_byte(gmail: Any, google: Any, resumable: bool) -> None:  # noqa: FBT001 - a case
    from googleapiclient.http import MediaIoBaseUpload  # noqa: PLC0415 - slow to import

    big = written("k1", sender=ALICE, text="line\r\n" * 100_000)
    upload = MediaIoBaseUpload(io.BytesIO(big), mimetype="message/rfc822", resumable=resumable, chunksize=256 * 1024)
    gmail.messages().send(userId="me", media_body=upload).execute()
    draft = MediaIoBaseUpload(io.BytesIO(mail("k2")), mimetype="message/rfc822", resumable=resumable)
    made = gmail.drafts().create(userId="me", body={"message": {}}, media_body=draft).execute()
    gmail.drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert [delivery.raw for delivery in google.world.delivered] == [big, mail("k2")]


def test_googles_client_follows_the_history_through_its_pages(gmail: Any, google: Any) -> None:
    start = gmail.getProfile(userId="me").execute()["historyId"]
    for number in range(5):
        google.control("incoming", raw=base64.b64encode(written(f"in{number}")).decode())
    request = gmail.history().list(userId="me", startHistoryId=start, historyTypes=["messageAdded"], maxResults=2)
    added = []
    while request is not None:
        page = request.execute()
        added += [one["message"]["id"] for record in page.get("history", []) for one in record["messagesAdded"]]
        request = gmail.history().list_next(request, page)
    listed, found = gmail.messages().list(userId="me", labelIds=["INBOX"], maxResults=2), []
    while listed is not None:
        page = listed.execute()
        found += [one["id"] for one in page.get("messages", [])]
        listed = gmail.messages().list_next(listed, page)
    assert sorted(found) == sorted(added)
    assert len(set(found)) == 5


def test_googles_client_raises_the_quota_with_its_reason(gmail: Any, google: Any) -> None:
    from googleapiclient.errors import HttpError  # noqa: PLC0415 - slow to import

    google.control("mail-settings", units_per_minute=105)
    draft = gmail.drafts().create(userId="me", body={"message": {"raw": in_url(mail("k1"))}}).execute()
    with pytest.raises(HttpError) as refusal:
        gmail.drafts().send(userId="me", body={"id": draft["id"]}).execute()
    assert (refusal.value.status_code, refusal.value.error_details[0]["reason"]) == (403, "rateLimitExceeded")
