"""Graph's ways that clients trip over, each as its documents and its users tell it."""

from typing import Any

import pytest

DELTA = "/me/contactFolders/contacts/contacts/delta"


def prefer(size: int) -> str:
    return f'IdType="ImmutableId", odata.maxpagesize={size}'


def walk(owner: Any, link: str = DELTA, size: int = 40) -> tuple[list[dict[str, Any]], str]:
    """One round to its end: all items, and the link that the next round starts from."""
    found = []
    while True:
        answer = owner.get(link, prefer(size))
        answer.raise_for_status()
        page = answer.json()
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def names(items: list[dict[str, Any]]) -> set[str]:
    return {item["id"] for item in items if "@removed" not in item}


def removed(items: list[dict[str, Any]]) -> dict[str, str]:
    return {item["id"]: item["@removed"]["reason"] for item in items if "@removed" in item}


def in_folder(owner: Any, folder: str = "AQMkADcontacts") -> set[str]:
    contacts = owner.control("truth")["contacts"]
    return {name for name, about in contacts.items() if about["folder"] == folder}


def test_a_round_gives_everything_once_and_the_next_one_nothing(microsoft: Any) -> None:
    items, link = walk(microsoft)
    assert names(items) == in_folder(microsoft)
    assert len(items) == len(names(items))
    assert walk(microsoft, link)[0] == []


def test_the_default_folder_is_not_listed_but_answers_to_its_well_known_name(microsoft: Any) -> None:
    listed = [folder["displayName"] for folder in microsoft.get("/me/contactFolders").json()["value"]]
    assert listed == ["Clients", "Partners"]
    assert microsoft.get("/me/contactFolders/contacts").json()["displayName"] == "Contacts"


def test_what_changed_while_a_round_was_read_comes_with_the_next_round(microsoft: Any) -> None:
    page = microsoft.get(DELTA, prefer(20)).json()
    seen = page["value"][0]["id"]
    microsoft.control("person", id=seen, card={"job_title": "Juggler"})
    rest, link = walk(microsoft, page["@odata.nextLink"], 20)
    assert seen not in names(rest)
    [again] = walk(microsoft, link)[0]
    assert (again["id"], again["jobTitle"]) == (seen, "Juggler")


def test_a_moved_contact_leaves_one_folder_and_enters_the_other_with_the_same_immutable_id(microsoft: Any) -> None:
    (items, here), (_, there) = walk(microsoft), walk(microsoft, "/me/contactFolders/AQMkADclients/contacts/delta")
    moved = items[0]["id"]
    microsoft.control("person", id=moved, folder="AQMkADclients")
    assert removed(walk(microsoft, here)[0]) == {moved: "deleted"}
    assert names(walk(microsoft, there)[0]) == {moved}


def test_without_the_immutable_id_a_move_changes_the_id_and_the_ledger_remembers(microsoft: Any) -> None:
    before = microsoft.get("/me/contacts", prefer="").json()["value"][0]
    microsoft.control("person", id=microsoft.get("/me/contacts").json()["value"][0]["id"], folder="AQMkADclients")
    assert microsoft.get(f"/me/contacts/{before['id']}", prefer="").status_code == 404
    assert microsoft.ledger.broken["no_immutable_id"] == 2


def test_a_top_on_delta_ends_the_whole_round_early_as_in_reality(microsoft: Any) -> None:
    page = microsoft.get(DELTA, prefer(40), _top=7).json()
    assert len(page["value"]) == 7
    assert "@odata.deltaLink" in page
    assert walk(microsoft, page["@odata.deltaLink"])[0] == []
    assert microsoft.ledger.broken["top_on_delta"] == 1


def test_pages_may_be_empty_and_items_may_come_twice(microsoft: Any) -> None:
    microsoft.control("settings", empty_every=2, replays=3)
    items, link = walk(microsoft, size=10)
    assert len(items) > len(names(items)) == len(in_folder(microsoft))
    microsoft.control("settings", empty_every=0)
    assert len(walk(microsoft, link)[0]) == 3, "replays of what did not change"


@pytest.mark.parametrize(
    ("style", "status", "code"),
    [
        ("gone", 410, "SyncStateNotFound"),
        ("location", 410, "resyncRequired"),
        ("bad_request", 400, "syncStateNotFound"),
    ],
)
def test_expired_links_are_refused_even_in_the_middle_of_a_round(
    microsoft: Any, style: str, status: int, code: str
) -> None:
    link = microsoft.get(DELTA, prefer(10)).json()["@odata.nextLink"]
    microsoft.control("expire-cursors", style=style)
    answer = microsoft.get(link, prefer(10))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    if "location" in answer.headers:
        assert names(walk(microsoft, answer.headers["location"])[0]) == in_folder(microsoft)


def test_a_link_that_was_tampered_with_is_noticed(microsoft: Any) -> None:
    link = microsoft.get(DELTA, prefer(10)).json()["@odata.nextLink"]
    microsoft.get(link + "&%24select=displayName", prefer(10))
    assert microsoft.ledger.broken["changed_link"] == 1
    assert microsoft.get(f"{DELTA}?%24skiptoken=nonsense").status_code == 400


def test_a_removed_folder_takes_its_contacts_with_it(microsoft: Any) -> None:
    link = microsoft.get("/me/contactFolders/delta").json()["@odata.deltaLink"]
    microsoft.control("folder", id="AQMkADpartners", remove=True)
    assert microsoft.get("/me/contactFolders/AQMkADpartners/contacts/delta").status_code == 404
    assert in_folder(microsoft, "AQMkADpartners") == set()
    [gone] = microsoft.get(link).json()["value"]
    assert gone == {"id": "AQMkADpartners", "@removed": {"reason": "deleted"}}


def test_a_new_folder_is_listed_and_its_parent_goes_on_by_its_link(microsoft: Any) -> None:
    _, link = walk(microsoft)
    microsoft.control("folder", id="AQMkADnew", name="New", parent="AQMkADcontacts")
    moved = min(in_folder(microsoft))
    microsoft.control("person", id=moved, folder="AQMkADnew")
    assert "AQMkADnew" in {one["id"] for one in microsoft.get("/me/contactFolders").json()["value"]}
    assert removed(walk(microsoft, link)[0]) == {moved: "deleted"}
    items, _ = walk(microsoft, "/me/contactFolders/AQMkADnew/contacts/delta")
    assert names(items) == {moved}


def test_select_gives_the_wanted_fields_and_always_the_id(microsoft: Any) -> None:
    [item, *_] = microsoft.get(DELTA, prefer(5), _select="displayName").json()["value"]
    assert set(item) == {"@odata.etag", "id", "displayName"}


def test_a_photo_is_there_or_it_is_not(microsoft: Any) -> None:
    ids = [item["id"] for item in microsoft.get("/me/contacts", _top=50).json()["value"]]
    answers = {microsoft.get(f"/me/contacts/{name}/photo/$value").status_code for name in ids[:15]}
    assert answers == {200, 404}


def test_a_plain_list_is_paged_by_ten(microsoft: Any) -> None:
    page = microsoft.get("/me/contacts").json()
    found = [item["id"] for item in page["value"]]
    assert len(found) == 10
    while "@odata.nextLink" in page:
        page = microsoft.get(page["@odata.nextLink"]).json()
        found += [item["id"] for item in page["value"]]
    assert set(found) == in_folder(microsoft)


def test_a_batch_answers_each_request_for_itself(microsoft: Any) -> None:
    steps = [
        {"id": "1", "method": "GET", "url": "/me"},
        {"id": "2", "method": "GET", "url": "/me/contacts/nobody"},
        {"id": "3", "method": "GET", "url": "/me", "dependsOn": ["2"]},
    ]
    headers = {"authorization": f"Bearer {microsoft.token}"}
    answer = microsoft.http.post(f"{microsoft.base}/$batch", json={"requests": steps}, headers=headers)
    assert [part["status"] for part in answer.json()["responses"]] == [200, 404, 424]
    refused = microsoft.http.post(f"{microsoft.base}/$batch", json={"requests": steps * 7}, headers=headers)
    assert refused.status_code == 400


def test_another_owners_token_opens_only_their_own_mailbox(microsoft: Any) -> None:
    microsoft.world.add_mailbox("microsoft", "bob@contoso.example", seed=9, size=20)
    link = microsoft.get(DELTA, prefer(5)).json()["@odata.nextLink"]
    microsoft.token = microsoft.world.access_token("microsoft", "bob@contoso.example")
    assert microsoft.get("/me").json()["mail"] == "bob@contoso.example"
    assert microsoft.get(link).status_code == 400
    assert microsoft.get("/users/bob@contoso.example/contacts").status_code == 200
    assert microsoft.get("/users/alice@contoso.example/contacts").status_code == 403


def test_a_missing_permission_is_403_and_a_missing_token_401(microsoft: Any) -> None:
    microsoft.token = microsoft.world.tokens.access("microsoft", microsoft.mailbox.email, "User.Read", 2e9)
    assert microsoft.get("/me/contacts").status_code == 403
    microsoft.token = "nonsense"
    assert microsoft.get("/me/contacts").json()["error"]["code"] == "InvalidAuthenticationToken"
