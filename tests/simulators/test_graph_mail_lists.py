"""Graph's mail is found, filtered, put in order and followed, a page at a time."""

import base64
from typing import Any

import pytest

from tests.simulators.drafts import MESSAGES, drafted, send
from tests.simulators.mails import KEY, by_key, written


def test_a_mail_is_found_by_its_property_in_the_whole_mailbox(microsoft: Any) -> None:
    first, second = drafted(microsoft, "k1"), drafted(microsoft, "k2")
    send(microsoft, first)
    for key, mail in (("k1", first), ("K2", second)):
        found = microsoft.ask("GET", MESSAGES, params={"$filter": by_key(key), "$select": "id"}).json()["value"]
        assert [one["id"] for one in found] == [mail["id"]]
        assert "singleValueExtendedProperties" not in found[0]
    assert microsoft.ask("GET", MESSAGES, params={"$filter": by_key("k3")}).json()["value"] == []
    named = microsoft.ask("GET", MESSAGES, params={"$filter": f"internetMessageId eq '{first['internetMessageId']}'"})
    assert [one["id"] for one in named.json()["value"]] == [first["id"]]


def test_a_property_is_told_when_it_is_expanded(microsoft: Any) -> None:
    expand = {"$expand": f"singleValueExtendedProperties($filter=id eq '{KEY}')", "$select": "subject"}
    mail = microsoft.ask("GET", f"{MESSAGES}/{drafted(microsoft)['id']}", params=expand).json()
    assert mail["singleValueExtendedProperties"] == [{"id": KEY, "value": "k1"}]
    assert set(mail) == {"@odata.etag", "id", "subject", "singleValueExtendedProperties"}


def test_the_inbox_tells_what_came_since_and_what_left_it(microsoft: Any) -> None:
    start = microsoft.ask("GET", "/me/mailFolders/inbox/messages/delta").json()
    assert start["value"] == []
    raw = base64.b64encode(written("hi", sender="bob@client.example")).decode()
    microsoft.control("incoming", raw=raw)
    drafted(microsoft)
    second = microsoft.ask("GET", start["@odata.deltaLink"]).json()
    [mail] = second["value"]
    assert mail["from"]["emailAddress"]["address"] == "bob@client.example"
    microsoft.ask("DELETE", f"{MESSAGES}/{mail['id']}")
    third = microsoft.ask("GET", second["@odata.deltaLink"]).json()["value"]
    assert [(one["id"], one["@removed"]["reason"]) for one in third] == [(mail["id"], "deleted")]


def test_lists_and_deltas_come_in_pages(microsoft: Any) -> None:
    for number in range(7):
        microsoft.control("incoming", raw=base64.b64encode(written(f"in{number}")).decode())
    for path in (f"{MESSAGES}?$top=3", "/me/mailFolders/inbox/messages/delta"):
        page = microsoft.ask("GET", path, prefer='IdType="ImmutableId", odata.maxpagesize=3').json()
        found = [one["id"] for one in page["value"]]
        while "@odata.nextLink" in page:
            page = microsoft.ask(
                "GET", page["@odata.nextLink"], prefer='IdType="ImmutableId", odata.maxpagesize=3'
            ).json()
            found += [one["id"] for one in page["value"]]
        assert len(found) == len(set(found)) == 7


def test_a_list_comes_in_the_order_asked_for(microsoft: Any) -> None:
    for key in ("k2", "k1", "k3"):
        drafted(microsoft, key)

    def subjects(order: str) -> list[str]:
        query = {"$orderby": order, "$select": "subject"} if order else {"$select": "subject"}
        return [one["subject"][-2:] for one in microsoft.ask("GET", MESSAGES, params=query).json()["value"]]

    assert subjects("") == ["k3", "k1", "k2"]
    assert subjects("isDraft,subject desc") == ["k3", "k2", "k1"]
    assert subjects("subject") == ["k1", "k2", "k3"]
    assert microsoft.ask("GET", MESSAGES, params={"$orderby": "colour"}).status_code == 400


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("isDraft eq true", {"k1", "k2"}),
        ("isDraft eq false", set()),
        ("subject eq 'About k1' and isDraft eq true", {"k1"}),
        (f"singleValueExtendedProperties/any(p:p/id eq '{KEY}' and contains(p/value,'2'))", {"k2"}),
        (f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY.upper()}' and ep/value eq 'k1')", set()),
        ("receivedDateTime ge 2100-01-01T00:00:00Z", set()),
        ("from/emailAddress/address eq 'alice@contoso.example'", {"k1", "k2"}),
    ],
)
def test_mail_is_filtered(microsoft: Any, text: str, keys: set[str]) -> None:
    for key in ("k1", "k2"):
        drafted(microsoft, key)
    found = microsoft.ask("GET", MESSAGES, params={"$filter": text}).json()["value"]
    assert {one["subject"][-2:] for one in found} == keys


@pytest.mark.parametrize(
    "text", ["colour eq 'red'", "isDraft eq true or isRead eq true", "nonsense(", "isDraft eq true x"]
)
def test_a_filter_that_is_not_known_is_refused_and_not_ignored(microsoft: Any, text: str) -> None:
    answer = microsoft.ask("GET", MESSAGES, params={"$filter": text})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ErrorInvalidUrlQueryFilter")
