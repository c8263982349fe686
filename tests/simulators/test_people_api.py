"""The People API's ways that clients trip over, each as its documents and its users tell it."""

from typing import Any

import pytest

FIELDS = "names,emailAddresses,birthdays,metadata,memberships"
LIST = "/people/me/connections"


def walk(owner: Any, **query: Any) -> tuple[list[dict[str, Any]], str]:
    """One round to its end: all people, and the token that the next round starts from."""
    wanted = {"personFields": FIELDS, "requestSyncToken": "true", "pageSize": 50, **query}
    found: list[dict[str, Any]] = []
    while True:
        answer = owner.get(LIST, **wanted)
        answer.raise_for_status()
        page = answer.json()
        found += page.get("connections", [])
        if "nextPageToken" not in page:
            return found, page["nextSyncToken"]
        wanted["pageToken"] = page["nextPageToken"]


def refusal(answer: Any) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["status"], error.get("details", [{}])[0].get("reason", "")


def test_nobody_changed_means_no_connections_at_all(google: Any) -> None:
    _, token = walk(google)
    answer = google.get(LIST, personFields=FIELDS, requestSyncToken="true", pageSize=50, syncToken=token)
    assert set(answer.json()) == {"nextSyncToken"}


def test_the_fields_wanted_must_be_named(google: Any) -> None:
    assert refusal(google.get(LIST)) == (400, "INVALID_ARGUMENT", "")
    assert google.get(LIST, personFields="names,shoeSize").status_code == 400


@pytest.mark.parametrize("size", ["0", "1001", "-1", "many"])
def test_a_page_size_beyond_the_limits_is_refused(google: Any, size: str) -> None:
    assert google.get(LIST, personFields="names", pageSize=size).status_code == 400


def test_a_tombstone_says_only_that_it_is_one(google: Any) -> None:
    everybody, token = walk(google)
    google.control("person", id=everybody[0]["resourceName"], remove="deleted")
    [gone] = walk(google, syncToken=token)[0]
    assert gone["metadata"]["deleted"] is True
    assert set(gone) == {"resourceName", "etag", "metadata"}
    assert len(walk(google)[0]) == len(everybody) - 1


def test_a_new_resource_name_tells_the_former_ones(google: Any) -> None:
    everybody, token = walk(google)
    old = everybody[0]["resourceName"]
    new = google.control("person", id=old, rename=True)["id"]
    [person] = walk(google, syncToken=token)[0]
    assert (person["resourceName"], person["metadata"]["previousResourceNames"]) == (new, [old])
    assert google.get(f"/{old}", personFields="names").json()["resourceName"] == new


def test_other_parameters_than_the_first_calls_are_refused(google: Any) -> None:
    _, token = walk(google)
    answer = google.get(LIST, personFields="names,metadata", requestSyncToken="true", syncToken=token)
    assert refusal(answer)[:2] == (400, "INVALID_ARGUMENT")
    assert google.ledger.broken["changed_parameters"] == 1


@pytest.mark.parametrize(("style", "status"), [("gone", "INVALID_ARGUMENT"), ("precondition", "FAILED_PRECONDITION")])
def test_an_expired_sync_token_is_told_by_its_reason(google: Any, style: str, status: str) -> None:
    _, token = walk(google)
    google.control("expire-cursors", style=style)
    answer = google.get(LIST, personFields=FIELDS, requestSyncToken="true", syncToken=token)
    assert refusal(answer) == (400, status, "EXPIRED_SYNC_TOKEN")


def test_a_sync_token_lives_for_seven_days_after_the_full_round(google: Any) -> None:
    _, token = walk(google)
    google.world.skew = 6 * 86400
    google.token = google.world.access_token("google")
    _, token = walk(google, syncToken=token)
    google.world.skew = 7 * 86400 + 60
    google.token = google.world.access_token("google")
    answer = google.get(LIST, personFields=FIELDS, requestSyncToken="true", syncToken=token)
    assert refusal(answer)[2] == "EXPIRED_SYNC_TOKEN"


def test_the_first_source_is_not_always_the_contact(google: Any) -> None:
    linked = [person for person in walk(google)[0] if len(person["metadata"]["sources"]) > 1]
    assert linked
    assert all(person["metadata"]["sources"][0]["type"] == "PROFILE" for person in linked)
    names = [person["names"] for person in linked if "names" in person]
    assert all(
        entry["metadata"]["source"]["type"] == kind
        for both in names
        for entry, kind in zip(both, ("PROFILE", "CONTACT"), strict=True)
    )


def test_a_birthday_without_a_year_has_no_year(google: Any) -> None:
    true = google.control("truth")["contacts"]
    dates = {
        person["resourceName"]: person["birthdays"][0]["date"] for person in walk(google)[0] if "birthdays" in person
    }
    yearless = {name for name, date in dates.items() if "year" not in date}
    assert yearless == {name for name, about in true.items() if about["card"]["birthday"].startswith("--")}
    assert yearless


def test_a_renamed_group_keeps_its_resource_name(google: Any) -> None:
    groups = google.get("/contactGroups", pageSize=100).json()
    [vip] = [group for group in groups["contactGroups"] if group["name"] == "VIP"]
    google.control("group", tag="VIP", name="Gold")
    [changed] = google.get("/contactGroups", pageSize=100, syncToken=groups["nextSyncToken"]).json()["contactGroups"]
    assert (changed["resourceName"], changed["name"]) == (vip["resourceName"], "Gold")


def test_memberships_name_groups_that_exist(google: Any) -> None:
    groups = {group["resourceName"] for group in google.get("/contactGroups", pageSize=100).json()["contactGroups"]}
    named = {
        membership["contactGroupMembership"]["contactGroupResourceName"]
        for person in walk(google)[0]
        for membership in person["memberships"]
    }
    assert len(named) > 3
    assert named <= groups


def test_a_scope_that_the_owner_unticked_is_missed_by_name(google: Any) -> None:
    google.token = google.world.tokens.access("google", google.mailbox.email, "openid email", 2e9)
    assert refusal(google.get(LIST, personFields="names")) == (
        403,
        "PERMISSION_DENIED",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    )
    others = google.get("/otherContacts", readMask="emailAddresses")
    assert others.status_code == 403


def test_other_contacts_are_read_with_a_scope_of_their_own_and_by_sync_token_too(google: Any) -> None:
    scope = "https://www.googleapis.com/auth/contacts.other.readonly"
    google.token = google.world.tokens.access("google", google.mailbox.email, scope, 2e9)
    wanted = {"readMask": "emailAddresses", "pageSize": 3, "requestSyncToken": "true"}
    first = google.get("/otherContacts", **wanted).json()
    last = google.get("/otherContacts", **wanted, pageToken=first["nextPageToken"]).json()
    assert [len(page["otherContacts"]) for page in (first, last)] == [3, 2]
    assert "nextSyncToken" not in first
    assert set(google.get("/otherContacts", **wanted, syncToken=last["nextSyncToken"]).json()) == {"nextSyncToken"}


def test_sign_in_gives_a_refresh_token_only_with_consent_and_only_the_ticked_scopes(google: Any) -> None:
    urls = google.simulators.urls
    wanted = "openid https://www.googleapis.com/auth/contacts.readonly"
    google.control("tokens", without=["https://www.googleapis.com/auth/contacts.readonly"])
    ask = {
        "client_id": urls.client_id,
        "redirect_uri": "http://localhost/back",
        "response_type": "code",
        "scope": wanted,
    }
    again = google.http.get(urls.google_auth_url, params={**ask, "access_type": "offline"})
    consent = google.http.get(urls.google_auth_url, params={**ask, "access_type": "offline", "prompt": "consent"})
    answers = [redeemed(google, answer) for answer in (again, consent)]
    assert ["refresh_token" in answer for answer in answers] == [False, True]
    assert answers[1]["scope"] == "openid"


def redeemed(google: Any, answer: Any) -> dict[str, Any]:
    urls = google.simulators.urls
    form = {
        "grant_type": "authorization_code",
        "code": answer.next_request.url.params["code"],
        "client_id": urls.client_id,
        "client_secret": urls.client_secret,
        "redirect_uri": "http://localhost/back",
    }
    given: dict[str, Any] = google.http.post(urls.google_token_url, data=form).json()
    assert google.http.post(urls.google_token_url, data=form).status_code == 400, "a code works once"
    return given


def test_revoking_ends_the_grant_at_once(google: Any) -> None:
    urls, token = google.simulators.urls, google.world.refresh_token("google")
    assert google.http.post(urls.google_revoke_url, data={"token": token}).status_code == 200
    assert google.get(LIST, personFields="names").status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": urls.client_id}
    answer = google.http.post(urls.google_token_url, data={**form, "client_secret": urls.client_secret})
    assert answer.json() == {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    wrong = google.http.post(urls.google_token_url, data={**form, "client_secret": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
