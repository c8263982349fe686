"""Whatever strangers send to the addresses that are open to all: no error of ours, and no answer without its guards."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from storage.campaign import mails
from storage.records import Mail
from storage.scope import Scope
from storage.session import Store
from tasks.rules.links import Use, token
from tests.storage.campaign_examples import waiting
from tests.web.conftest import HOST
from web.app import create_app
from web.context import AppContext
from web.cookies import GUEST, SESSION

FEW = settings(max_examples=50, suppress_health_check=list(HealthCheck))
ODD = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
PLACES = ("/u/{}", "/o/{}.gif", "/c/{}", "/healthz", "/metrics", "/sign-in", "/sign-in/link/{}", "/sign-in/{}",
          "/sign-in/{}/back", "/sign-in/organization", "/sign-in/link", "/api/openapi.json")  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
HEADERS = ("user-agent", "accept", "accept-language", "content-type", "origin", "referer", "range", "if-none-match",
           "x-forwarded-for", "list-unsubscribe")  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Strangers get no further than the door."""
    return sqlite_url


@pytest.fixture
def mail(store: Store, scope: Scope) -> Mail:
    with store.begin() as session:
        return mails.mails(session, scope, waiting(session, scope, 1).id, None)[0]


@FEW
@given(data=st.data())
def test_nothing_that_strangers_send_breaks_anything(
    context: AppContext, store: Store, mail: Mail, data: st.DataObject
) -> None:
    genuine = st.sampled_from([token(use, mail.id, store.keyring.signature, 0) for use in Use])
    part = data.draw(st.one_of(genuine, genuine.map(lambda it: it[:-1]), ODD), label="part")
    path = data.draw(st.sampled_from(PLACES)).format(as_written(part))
    fields = data.draw(st.dictionaries(st.sampled_from(["csrf", "token", "who", "organization"]), ODD), label="form")
    body = data.draw(st.one_of(st.none(), st.binary(max_size=200)), label="body")
    http = TestClient(create_app(context), base_url=HOST, follow_redirects=False, raise_server_exceptions=False)
    for name in (SESSION, GUEST):
        http.cookies.set(name, data.draw(st.text("abcXYZ019_-", max_size=50), label=name))
    query = data.draw(st.dictionaries(ODD, ODD, max_size=3), label="query")
    answer = http.request(
        data.draw(st.sampled_from(METHODS)), path, params=query,
        headers={
            name.encode(): value.encode("latin-1")
            for name, value in data.draw(st.dictionaries(st.sampled_from(HEADERS), LATIN, max_size=4)).items()
        },
        **({"data": fields} if body is None else {"content": body}),
    )  # fmt: skip
    assert answer.status_code < 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {"x-frame-options", "referrer-policy", "cross-origin-opener-policy"} <= set(answer.headers)
    assert "Traceback" not in answer.text


def as_written(part: str) -> str:
    """As a browser writes it into an address."""
    return quote(part, safe="")
