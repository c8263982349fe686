"""Schedules, templates and settings: each page says what to do when empty, and what is wrong where something is."""

import re
from collections.abc import Callable

import pytest

from storage import audit
from storage.campaign import templates
from storage.campaign.templates import NewTemplate
from storage.organization import organization_settings, schedules, tenants
from storage.records import ReviewPolicy, Role
from storage.scope import Scope
from storage.session import Store
from storage.sync.syncs import Sync
from tests.web.conftest import Person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages do is the same whatever lies behind them; the repositories are tried on both."""
    return sqlite_url


def of(store: Store, scope: Scope) -> list[schedules.Schedule]:
    with store.read() as session:
        return schedules.schedules(session, scope)


def form(sync: Sync, **values: str) -> dict[str, str]:
    usual = {"rhythm": "weekdays", "at": "09:30", "every": "6h", "cron": "", "time_zone": "Europe/Berlin"}
    return {**usual, "connection": sync.connection_id, "policy": "always", **values}


def test_empty_rooms_say_what_to_do(ann: Person) -> None:
    assert "Connect an account" in ann.get("/schedules").text
    assert "There is no template yet" in ann.get("/templates").text


def test_a_schedule_is_added_changed_paused_resumed_and_removed(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    assert ann.post("/schedules", **form(sync, policy="risky")).headers["location"] == "/schedules?kept=later"
    (made,) = of(store, scope)
    assert (made.timing.cron, made.timing.time_zone) == ("30 9 * * MON-FRI", "Europe/Berlin")
    assert (made.policy, made.policy_by) == (ReviewPolicy.RISKY, "ann@acme.example")
    page = ann.get("/schedules?kept=later").text
    assert "every weekday at 09:30" in page
    assert len(re.findall(r"<time", page)) == 3
    assert "Prefect does not answer" in page
    assert ann.post(f"/schedules/{made.id}/change", **form(sync, rhythm="every", every="12h")).status_code == 303
    assert of(store, scope)[0].timing.every
    assert ann.post(f"/schedules/{made.id}/pause").status_code == 303
    assert "paused" in ann.get("/schedules").text
    assert ann.post(f"/schedules/{made.id}/resume").status_code == 303
    assert of(store, scope)[0].is_active
    assert ann.post(f"/schedules/{made.id}/remove").status_code == 303
    assert of(store, scope) == []
    with store.read() as session:
        assert {one.actor for one in audit.entries(session, scope, subject=made.id)} == {"ann@acme.example"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"rhythm": "cron", "cron": "often"}, "write five fields"),
        ({"rhythm": "every", "every": "1m"}, "between 5 minutes and 90 days"),
        ({"rhythm": "every", "every": f"{'9' * 5000}h"}, "write it like 30m, 6h or 1d"),
        ({"rhythm": "cron", "cron": f"{'9' * 5000} * * * *"}, "no cron expression"),
        ({"rhythm": "every", "every": ""}, "either a cron expression or how often"),
        ({"at": "nine"}, "write the time of day like 09:00"),
        ({"at": "99:99"}, "no cron expression"),
        ({"at": "²:00"}, "write the time of day like 09:00"),
        ({"at": f"{'0' * 5000}:00"}, "write the time of day like 09:00"),
        ({"time_zone": "Mars"}, "write it like Europe/Berlin"),
    ],
)
def test_times_that_make_no_sense_are_answered_on_the_page_with_what_was_typed(
    ann: Person, store: Store, scope: Scope, sync: Sync, wrong: dict[str, str], why: str
) -> None:
    answer = ann.post("/schedules", **form(sync, **wrong))
    assert answer.status_code == 422
    assert why.lower() in answer.text.lower()
    assert of(store, scope) == []


def test_a_template_is_looked_at_kept_and_kept_again_as_its_next_version(
    ann: Person, store: Store, scope: Scope
) -> None:
    text = {
        "name": "News",
        "subject": "For {{ company }}",
        "text": "Hello {{ given_name }},\n\nsee {{ link('demo') }}.",
    }
    shown = ann.post("/templates/preview", **text, links="demo = https://acme.example/demo").text
    assert "For Analytical Engines" in shown
    assert "Hello Ada," in shown
    assert "Nobody of whom <code>company</code> is not known" in shown
    kept = ann.post("/templates", **text, links="demo = https://acme.example/demo")
    assert kept.status_code == 303
    again = ann.post("/templates", **{**text, "subject": "Again"}, links="demo = https://acme.example/demo")
    page = ann.get(again.headers["location"]).text
    assert "Version 2" in page
    assert "Version 1" in page
    with store.read() as session:
        assert [one.version for one in templates.versions(session, scope, "News")] == [2, 1]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"text": "{{ secret }}"}, "there is no secret"),
        ({"text": "{% for one in name %}x{% endfor %}"}, "For is not for templates of mails"),
        ({"text": "{{ name.__class__ }}"}, "Getattr is not for templates"),
        ({"text": "{{"}, "line 1"),
        ({"subject": ""}, "no subject"),
        ({"name": " "}, "give the template a name"),
        ({"links": "demo = javascript:alert(1)"}, "must start with https://"),
        ({"links": "no address"}, "links:"),
        ({"text": "{{ link('other') }}"}, "other"),
    ],
)
def test_a_template_that_cannot_be_used_is_not_kept_and_nothing_typed_is_lost(
    ann: Person, store: Store, scope: Scope, wrong: dict[str, str], why: str
) -> None:
    text = {"name": "News", "subject": "Hello", "text": "Dear {{ given_name }}", "links": "", **wrong}
    answer = ann.post("/templates", **text)
    assert answer.status_code == 422
    assert why.lower() in answer.text.lower()
    with store.read() as session:
        assert templates.templates(session, scope) == []


def test_a_template_of_another_organization_is_not_there(ann: Person, store: Store, rival: Scope) -> None:
    with store.begin() as session:
        theirs = templates.save(session, rival, NewTemplate("Secret", "s", "t"), author="rob")
    answer = ann.get(f"/templates/{theirs.id}")
    assert answer.status_code == 404
    assert "Secret" not in answer.text


def test_an_admin_sees_every_setting_explained_and_changes_what_differs(
    ann: Person, store: Store, scope: Scope
) -> None:
    page = ann.get("/settings").text
    assert all(f'name="{name}"' in page for name in organization_settings.NAMES)
    shown = dict(re.findall(r'<input id="(\w+)"[^>]* value="([^"]*)"', page))
    answer = ann.post("/settings", **{**shown, "rest_days": "14", "tracking": "true", "postal_address": "1 Road"})
    assert answer.headers["location"] == "/settings?saved=1"
    with store.read() as session:
        kept = organization_settings.organization_settings(session, scope)
        (entry,) = [one for one in audit.entries(session, scope) if one.action == "settings.changed"]
    assert (kept.rest_days, kept.tracking, kept.postal_address) == (14, True, "1 Road")
    assert entry.detail["names"] == ["postal_address", "rest_days", "tracking"]
    assert ann.post("/settings", rest_days="").status_code == 303
    with store.read() as session:
        assert organization_settings.organization_settings(session, scope).rest_days == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Europe"), ("rest_days", "many"), ("rest_days", "-1"), ("rest_days", "9" * 40),
        ("matching_budget", "inf"), ("matching_budget", "nan"), ("stop_at_failures", "2"), ("send_window", "morning"),
        ("survivorship", "job_title=newest"), ("tracking", "perhaps"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_so_is_answered_in_words_and_nothing_is_changed(
    ann: Person, store: Store, scope: Scope, name: str, value: str
) -> None:
    answer = ann.post("/settings", **{name: value, "body_days": "7"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    with store.read() as session:
        assert organization_settings.organization_settings(session, scope).body_days == 30


def test_a_member_neither_sees_nor_changes_the_settings(
    store: Store, scope: Scope, sign_in: Callable[..., Person]
) -> None:
    del scope
    with store.begin() as session:
        tenants.add_user(session, "acme", "mia@acme.example", role=Role.MEMBER)
        member = tenants.scope_of(session, "acme", "mia@acme.example")
    mia = sign_in(member)
    assert mia.get("/settings").status_code == 403
    assert mia.post("/settings", rest_days="1").status_code == 403
    assert 'href="/settings"' not in mia.get("/").text
