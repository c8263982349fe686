"""Reading connections by sync token, against a small People API of our own."""

import httpx
import pytest

from storage.records import Seen
from tasks.providers.base import CursorExpired, IncompleteRead
from tests.providers.people_service import DAY, People, deleted, expired, group, people, read, someone, tags


async def test_all_pages_are_read_with_the_same_parameters() -> None:
    service = People()
    service.round([someone("a")], [], [someone("b")])
    source = service.source()

    pages = await read(source)

    assert people(source, pages) == {"a": "a", "b": "b"}
    assert [bool(page.cursor) for page in pages] == [False, False, True]
    asked = service.asked()
    assert [parameters.pop("pageToken", "") for parameters in asked] == ["", "s1.1", "s1.2"]
    assert asked[0] == asked[1] == asked[2]
    assert asked[0]["requestSyncToken"] == "true"
    assert asked[0]["pageSize"] == "1000"
    assert "metadata" in asked[0]["personFields"].split(",")


async def test_the_next_sync_goes_on_from_the_sync_token_with_the_same_parameters() -> None:
    service = People()
    service.round([someone("a"), someone("b")])
    source = service.source()
    cursor = (await read(source))[-1].cursor
    [first] = service.asked()
    service.round([deleted("a")], [someone("b", names=[{"givenName": "B"}])], since="s1", to="s2")
    service.requests.clear()

    pages = await read(source, cursor=cursor)

    assert people(source, pages) == {"a": "-", "b": "B"}
    assert service.asked() == [{**first, "syncToken": "s1"}, {**first, "syncToken": "s1", "pageToken": "s2.1"}]
    service.round([], since="s2", to="s3")
    assert people(source, await read(source, cursor=pages[-1].cursor)) == {}


async def test_an_account_without_any_connection_is_an_empty_one() -> None:
    service = People()
    service.round([])
    source = service.source()
    pages = await read(source)
    assert people(source, pages) == {}
    assert pages[-1].cursor


async def test_tags_are_the_names_of_the_owners_own_groups() -> None:
    service = People()
    service.groups = [
        group("myContacts", "myContacts", "SYSTEM_CONTACT_GROUP"),
        group("1", "VIP"),
        group("2", "Press"),
        group("3", "Old", metadata={"deleted": True}),
    ]
    service.round([someone("a", "myContacts", "2", "1"), someone("b", "3", "unknown")])
    source = service.source()
    assert tags(source, await read(source)) == {"people/a": ("Press", "VIP"), "people/b": ()}


async def test_a_page_landed_before_a_crash_still_knows_the_groups() -> None:
    service = People()
    service.groups = [group("1", "VIP")]
    service.round([someone("a", "1")], [someone("b", "1")])
    [first, second] = await read(service.source())

    service.requests.clear()
    [resumed] = await read(service.source(), position=first.position)

    assert tags(service.source(), [first, resumed]) == {"people/a": ("VIP",), "people/b": ("VIP",)}
    assert [parameters.get("pageToken") for parameters in service.asked()] == ["s1.1"]
    assert resumed.cursor == second.cursor


async def test_a_crash_after_the_last_page_gives_the_cursor_once_more() -> None:
    service = People()
    service.round([someone("a")])
    [only] = await read(service.source())
    [again] = await read(service.source(), position=only.position)
    assert again.cursor == only.cursor
    assert not list(service.source().read(again.body))


async def test_a_crash_in_an_incremental_round_goes_on_with_its_sync_token() -> None:
    service = People()
    service.round([someone("a")])
    cursor = (await read(service.source()))[-1].cursor
    service.round([deleted("a")], [someone("b")], since="s1", to="s2")
    [first, _] = await read(service.source(), cursor=cursor)
    service.requests.clear()
    await read(service.source(), position=first.position)
    assert [(asked["syncToken"], asked["pageToken"]) for asked in service.asked()] == [("s1", "s2.1")]


@pytest.mark.parametrize("change", ["renamed", "removed"])
async def test_a_renamed_or_removed_group_expires_the_cursor_for_its_members_count_as_unchanged(change: str) -> None:
    service = People()
    service.groups = [group("1", "VIP"), group("2", "Press")]
    service.round([someone("a", "1")])
    cursor = (await read(service.source()))[-1].cursor
    service.groups = [group("1", "Gold"), group("2", "Press")] if change == "renamed" else [group("2", "Press")]
    with pytest.raises(CursorExpired, match="group"):
        await read(service.source(), cursor=cursor)


async def test_a_new_group_expires_nothing() -> None:
    service = People()
    service.round([someone("a")])
    cursor = (await read(service.source()))[-1].cursor
    service.groups = [group("1", "VIP")]
    service.round([someone("a", "1")], since="s1", to="s2")
    assert tags(service.source(), await read(service.source(), cursor=cursor)) == {"people/a": ("VIP",)}


async def test_a_cursor_lives_six_days_from_the_full_read_however_often_it_was_used() -> None:
    service = People()
    service.round([someone("a")])
    cursor = (await read(service.source()))[-1].cursor
    service.now += 5 * DAY
    service.round([], since="s1", to="s2")
    cursor = (await read(service.source(), cursor=cursor))[-1].cursor
    service.now += DAY + 1
    service.requests.clear()
    with pytest.raises(CursorExpired, match="six days"):
        await read(service.source(), cursor=cursor)
    assert service.requests == [], "known at once, without asking"


async def test_a_cursor_of_other_parameters_has_expired() -> None:
    service = People()
    service.round([someone("a")])
    cursor = (await read(service.source()))[-1].cursor
    service.requests.clear()
    with pytest.raises(CursorExpired, match="fields"):
        await read(service.source(other_contacts=True), cursor=cursor)
    assert service.requests == []


@pytest.mark.parametrize("status", [400, 403, 410])
async def test_an_expired_sync_token_is_told_whatever_the_status(status: int) -> None:
    service = People()
    service.round([someone("a")])
    cursor = (await read(service.source()))[-1].cursor
    service.pages["connections", "s1", ""] = expired(status)
    with pytest.raises(CursorExpired):
        await read(service.source(), cursor=cursor)


async def test_expiry_in_the_middle_of_paging_is_told() -> None:
    service = People()
    service.round([someone("a")], [someone("b")])
    service.pages["connections", "", "s1.1"] = expired()
    with pytest.raises(CursorExpired):
        await read(service.source())


async def test_a_last_page_without_a_sync_token_is_no_end() -> None:
    service = People()
    service.pages["connections", "", ""] = {"connections": [someone("a")]}
    with pytest.raises(IncompleteRead, match="sync token"):
        await read(service.source())


async def test_page_tokens_that_lead_in_a_circle_are_left() -> None:
    service = People()
    service.pages["connections", "", ""] = {"nextPageToken": "x"}
    service.pages["connections", "", "x"] = {"nextPageToken": "x"}
    with pytest.raises(IncompleteRead, match="circle"):
        await read(service.source())


async def test_groups_that_lead_in_a_circle_are_left() -> None:
    service = People()
    service.answer_to_groups = httpx.Response(200, json={"nextPageToken": "0"})
    with pytest.raises(IncompleteRead, match="circle"):
        await read(service.source())


async def test_a_contact_that_got_another_name_is_not_removed() -> None:
    service = People()
    service.round([someone("a")])
    cursor = (await read(service.source()))[-1].cursor
    renamed = someone("b", metadata={"previousResourceNames": ["people/a"]})
    service.round([renamed], [deleted("a")], since="s1", to="s2")
    source = service.source()
    pages = await read(source, cursor=cursor)
    [record] = source.settled(page.body for page in pages)
    assert isinstance(record, Seen)
    assert (record.source_id, record.previous_ids) == ("people/b", ("people/a",))


async def test_other_contacts_are_read_only_if_asked_for() -> None:
    service = People()
    service.round([someone("a")])
    other = {"resourceName": "otherContacts/o", "names": [{"givenName": "o"}]}
    service.round([other], place="otherContacts", to="o1")

    await read(service.source())
    assert service.asked("otherContacts") == []

    source = service.source(other_contacts=True)
    pages = await read(source)
    assert people(source, pages) == {"a": "a", "otherContacts/o": "o"}
    assert [parameters["readMask"] for parameters in service.asked("otherContacts")] == [
        "emailAddresses,metadata,names,phoneNumbers"
    ]
    service.round([], since="s1", to="s2")
    service.round([], since="o1", to="o2", place="otherContacts")
    await read(source, cursor=pages[-1].cursor)
    assert service.asked("otherContacts")[-1]["syncToken"] == "o1"


@pytest.mark.parametrize("stored", ["nonsense", "{}", "[]"])
async def test_a_stored_position_that_makes_no_sense_counts_as_expired(stored: str) -> None:
    for kind in ("cursor", "position"):
        with pytest.raises(CursorExpired):
            await read(People().source(), **{kind: stored})
