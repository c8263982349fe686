"""The vendors' own clients judge the simulators: what msal, msgraph-sdk and Google's libraries accept, is true."""

import re
import ssl
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from deployments.simulators.server import Simulators

# msgraph-sdk uses classes of its own base library that are deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

BACK = "http://localhost:9/signed-in"


def sign_in(url: str, ca_file: str) -> dict[str, str]:
    """What the browser would post to us from the page that the sign-in ends with."""
    answer = httpx.get(url, verify=ssl.create_default_context(cafile=ca_file))
    assert answer.status_code == 200
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)}


@pytest.fixture
def msal_app(simulators: Simulators) -> Iterator[Any]:
    import msal  # noqa: PLC0415 - slow to import, and not wanted by other tests
    import requests  # noqa: PLC0415 - as above

    with requests.Session() as session:
        session.trust_env = False  # else REQUESTS_CA_BUNDLE would win over the next line
        session.verify = simulators.urls.ca_file
        yield msal.ConfidentialClientApplication(
            simulators.urls.client_id,
            authority=simulators.urls.microsoft_authority,
            client_credential=simulators.urls.client_secret,
            instance_discovery=False,
            http_client=session,
        )


def test_msal_signs_in_with_pkce_and_refreshes_in_silence(msal_app: Any, simulators: Simulators) -> None:
    flow = msal_app.initiate_auth_code_flow(["Contacts.Read"], redirect_uri=BACK, response_mode="form_post")
    first = msal_app.acquire_token_by_auth_code_flow(flow, sign_in(flow["auth_uri"], simulators.urls.ca_file))

    assert first["id_token_claims"]["preferred_username"] == simulators.world.mailbox("microsoft").email
    [account] = msal_app.get_accounts()
    second = msal_app.acquire_token_silent_with_error(["Contacts.Read"], account, force_refresh=True)
    assert second["access_token"] != first["access_token"]


def test_msal_gets_a_new_refresh_token_each_time_and_the_old_one_lives_on(
    msal_app: Any, simulators: Simulators
) -> None:
    old = simulators.world.refresh_token("microsoft")
    first = msal_app.acquire_token_by_refresh_token(old, ["Contacts.Read"])
    again = msal_app.acquire_token_by_refresh_token(old, ["Contacts.Read"])

    assert len({old, first["refresh_token"], again["refresh_token"]}) == 3
    assert simulators.world.ledger.of("alice@contoso.example").broken == {"old_refresh_token": 1}


def test_msal_understands_that_the_grant_is_gone(msal_app: Any, simulators: Simulators) -> None:
    token = simulators.world.refresh_token("microsoft")
    simulators.world.tokens.revoke("microsoft", "alice@contoso.example")
    answer = msal_app.acquire_token_by_refresh_token(token, ["Contacts.Read"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [700082])


def test_msal_is_refused_with_a_verifier_that_does_not_fit(msal_app: Any, simulators: Simulators) -> None:
    flow = msal_app.initiate_auth_code_flow(["Contacts.Read"], redirect_uri=BACK, response_mode="form_post")
    brought = sign_in(flow["auth_uri"], simulators.urls.ca_file)
    answer = msal_app.acquire_token_by_auth_code_flow({**flow, "code_verifier": "another"}, brought)
    assert answer["error"] == "invalid_grant"


@pytest.fixture
async def graph(microsoft: Any) -> Any:
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider  # noqa: PLC0415 - slow to import
    from msgraph.graph_request_adapter import GraphRequestAdapter, options  # noqa: PLC0415 - as above
    from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415 - as above
    from msgraph_core import GraphClientFactory  # noqa: PLC0415 - as above

    headers = {"authorization": f"Bearer {microsoft.token}", "prefer": 'IdType="ImmutableId", odata.maxpagesize=50'}
    # The kit wraps the transport and does not hand closing on to it: so it is closed here.
    async with (
        httpx.AsyncHTTPTransport() as transport,
        httpx.AsyncClient(headers=headers, transport=transport) as client,
    ):
        equipped = GraphClientFactory.create_with_default_middleware(options=options, client=client)
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), equipped)
        adapter.base_url = microsoft.base
        yield GraphServiceClient(request_adapter=adapter)


async def test_msgraph_sdk_reads_every_folder_by_delta_to_the_end(graph: Any, microsoft: Any) -> None:
    listed = await graph.me.contact_folders.get()
    clients = await graph.me.contact_folders.by_contact_folder_id("AQMkADclients").child_folders.get()
    folders = ["contacts", *[folder.id for folder in (*listed.value, *clients.value)]]

    found: dict[str, Any] = {}
    for folder in folders:
        delta = graph.me.contact_folders.by_contact_folder_id(folder).contacts.delta
        page = await delta.get()
        while True:
            found |= {contact.id: contact for contact in page.value}
            if page.odata_delta_link:
                break
            page = await delta.with_url(page.odata_next_link).get()

    true = microsoft.control("truth")["contacts"]
    assert {name: contact.display_name for name, contact in found.items()} == {
        name: display_name(entry["card"]) for name, entry in true.items()
    }


def display_name(card: dict[str, Any]) -> str:
    parts = [card[part] for part in ("prefix", "given", "middle", "family", "suffix")]
    return " ".join(part for part in parts if part) or card["company"]


async def test_msgraph_sdk_sees_what_was_removed(graph: Any, microsoft: Any) -> None:
    delta = graph.me.contact_folders.by_contact_folder_id("contacts").contacts.delta
    page = await delta.get()
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
    gone = page.value[0].id
    microsoft.control("person", id=gone, remove="deleted")
    after = await delta.with_url(page.odata_delta_link).get()
    assert [(contact.id, contact.additional_data["@removed"]) for contact in after.value] == [
        (gone, {"reason": "deleted"})
    ]


async def test_msgraph_sdk_raises_graphs_own_error(graph: Any) -> None:
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError  # noqa: PLC0415 - slow to import

    with pytest.raises(ODataError) as refusal:
        await graph.me.contacts.by_contact_id("AAkALgnobody").get()
    assert refusal.value.error
    assert (refusal.value.response_status_code, refusal.value.error.code) == (404, "ErrorItemNotFound")


@pytest.fixture
def credentials(simulators: Simulators) -> Any:
    from google.oauth2.credentials import Credentials  # noqa: PLC0415 - slow to import

    urls = simulators.urls
    return Credentials(
        None,
        refresh_token=simulators.world.refresh_token("google"),
        token_uri=urls.google_token_url,
        client_id=urls.client_id,
        client_secret=urls.client_secret,
    )


def test_google_auth_refreshes_and_keeps_its_refresh_token(credentials: Any) -> None:
    from google.auth.transport.requests import Request  # noqa: PLC0415 - slow to import

    before = credentials.refresh_token
    credentials.refresh(Request())
    assert credentials.valid
    assert credentials.refresh_token == before


def test_google_auth_says_that_a_revoked_grant_cannot_be_retried(credentials: Any, google: Any) -> None:
    from google.auth.exceptions import RefreshError  # noqa: PLC0415 - slow to import
    from google.auth.transport.requests import Request  # noqa: PLC0415 - as above

    google.control("tokens", do="revoke")
    with pytest.raises(RefreshError, match=r"expired or revoked") as refusal:
        credentials.refresh(Request())
    assert not refusal.value.retryable


@pytest.fixture
def people(simulators: Simulators, credentials: Any) -> Iterator[Any]:
    from googleapiclient.discovery import build  # noqa: PLC0415 - slow to import

    where = {"api_endpoint": f"{simulators.urls.http}/google/"}
    with build("people", "v1", credentials=credentials, static_discovery=True, client_options=where) as service:
        yield service.people()


FIELDS = "names,emailAddresses,metadata,memberships"


def read(connections: Any, **wish: Any) -> tuple[list[dict[str, Any]], str]:
    request, found = connections.list(resourceName="people/me", personFields=FIELDS, requestSyncToken=True, **wish), []
    while True:
        page = request.execute()
        found += page.get("connections", [])
        following = connections.list_next(request, page)
        if following is None:
            return found, page["nextSyncToken"]
        request = following


def test_googles_client_reads_everybody_and_then_only_what_changed(people: Any, google: Any) -> None:
    everybody, token = read(people.connections(), pageSize=50)
    true = google.control("truth")["contacts"]
    assert {person["resourceName"] for person in everybody} == set(true)

    done = google.control("change", edit=0.05, add=0.02, remove=0.02, seed=7)
    changed, later = read(people.connections(), pageSize=50, syncToken=token)
    gone = [person["resourceName"] for person in changed if person["metadata"].get("deleted")]
    assert sorted(gone) == sorted(done["removed"])
    assert {person["resourceName"] for person in changed} == {*done["edited"], *done["added"], *done["removed"]}
    assert read(people.connections(), syncToken=later)[0] == []


def test_googles_client_raises_the_expired_token_with_its_reason(people: Any, google: Any) -> None:
    from googleapiclient.errors import HttpError  # noqa: PLC0415 - slow to import

    _, token = read(people.connections(), pageSize=1000)
    google.control("expire-cursors")
    with pytest.raises(HttpError) as refusal:
        read(people.connections(), pageSize=1000, syncToken=token)
    assert (refusal.value.status_code, refusal.value.error_details[0]["reason"]) == (400, "EXPIRED_SYNC_TOKEN")


def test_googles_client_re_reads_people_by_name_in_a_batch(people: Any, google: Any) -> None:
    names = list(google.control("truth")["contacts"])[:3]
    answer = people.getBatchGet(resourceNames=[*names, "people/c1"], personFields="names").execute()
    assert [found["httpStatusCode"] for found in answer["responses"]] == [200, 200, 200, 404]
