"""A sync from sign-in to its result, as Ann goes through it: with the keyboard and nothing else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from storage.organization import sign_ins
from storage.people import contacts
from storage.records import ChangeKind, ChangeState, SyncStatus
from storage.scope import Scope
from storage.sync import syncs
from storage.sync.syncs import Sync
from tests.browser.conftest import Seen, Site
from tests.web.kept_rows import row, rows
from tests.web.plans_to_review import PLANNED, SMALL

FOCUSED, TYPED = ":focus", "Head of Weather"


def press_until(page: Page, key: str, wanted: str, *, most: int = 60) -> None:
    """Go on with the keyboard until what is wanted has the focus."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} is out of the keyboard's reach")


def carry_out(site: Site, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run does when Prefect wakes it."""
    from prefect.logging import disable_run_logger  # noqa: PLC0415 (three seconds, for those who need it)

    from tasks.sync import account, apply  # noqa: PLC0415 (as above)

    for verb in ("apply", "account"):
        monkeypatch.setattr(f"tasks.sync.{verb}.open_store", lambda: site.store)
    monkeypatch.setattr("tasks.sync.account.notify", lambda *_: None)
    with disable_run_logger():
        apply.apply.fn(sync.id)
        account.account.fn(sync.id)


def sign_in_by_link(page: Page, site: Site, scope: Scope) -> None:
    with site.store.begin() as session:
        token = sign_ins.offer_link(session, scope)
    page.goto(f"/sign-in/link/{token}")
    expect(page.locator(FOCUSED)).to_have_text("Sign in")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()


def open_the_plan(page: Page, sync: Sync) -> None:
    press_until(page, "Tab", "article.task .primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/syncs/{sync.id}")
    expect(opened_row(page, 1)).to_be_visible()


def opened_row(page: Page, ordinal: int) -> Locator:
    return page.locator("#record").get_by_text(f"· row {ordinal}", exact=True)


def decide_single_rows(page: Page) -> None:
    """Approve the second, and be shown the third; leave the third and fourth out, and think better of it."""
    page.keyboard.press("j")
    expect(opened_row(page, 2)).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#row-2")).to_contain_class("state-approved")
    expect(opened_row(page, 3)).to_be_visible()
    page.keyboard.press("k")
    expect(opened_row(page, 2)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(opened_row(page, 4)).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator("[data-chosen]")).to_have_text("2 chosen")
    page.keyboard.press("r")
    for number in (3, 4):
        expect(page.locator(f"#row-{number}")).to_contain_class("state-rejected")
    page.keyboard.press("u")
    expect(page.locator("#row-3")).not_to_contain_class("state-rejected")


def write_another_value(page: Page) -> None:
    page.keyboard.press("j")
    expect(opened_row(page, 5)).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator(FOCUSED)).to_have_attribute("name", "own.job_title")
    page.keyboard.type(TYPED)
    page.keyboard.press("Enter")
    expect(page.locator("#record ins", has_text=TYPED)).to_be_visible()
    expect(page.locator("#row-5")).to_contain_text("edited")


def approve_all_new_contacts(page: Page) -> None:
    group = page.locator("[data-group][aria-current]")
    while (before := group.locator(".title").inner_text()) != "New contacts":
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        expect(group.locator(".title")).not_to_have_text(before)
    press_until(page, "Tab", "button[name=whole][value=approved]")
    page.keyboard.press("Enter")
    expect(group.locator(".seen")).to_have_text("✓ looked at")


def approve_the_plan(page: Page, sync: Sync) -> None:
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name=f"Write {PLANNED} changes to the CRM?")).to_be_visible()
    press_until(page, "Tab", ".decide .primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/syncs/{sync.id}")
    expect(page.locator("#queue .status")).to_have_text("being written")


def test_from_the_link_to_the_result_by_keyboard_alone(
    a_browser: Callable[..., BrowserContext], site: Site, seen: Seen, scope: Scope, sync: Sync,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    page = a_browser().new_page()
    sign_in_by_link(page, site, scope)
    open_the_plan(page, sync)
    decide_single_rows(page)
    write_another_value(page)
    approve_all_new_contacts(page)
    approve_the_plan(page, sync)
    answer = {"decision": "approve", "reviewer": "ann@acme.example", "comment": ""}
    assert (sync.flow_run_id, answer) in site.engine.resumed

    carry_out(site, sync, monkeypatch)
    expect(page.locator("#verdict")).to_contain_text("done")
    expect(page.locator("#verdict")).to_contain_text(f"{SMALL['create']} created")
    with site.store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.COMPLETED
        (written,) = contacts.contacts(session, scope, [row(site.store, scope, sync, 5).object_id]).values()
    assert written.person.job_title == TYPED
    assert seen.complaints == []


def test_the_keys_are_told_by_a_key(page: Page, sync: Sync, seen: Seen) -> None:
    page.goto(f"/syncs/{sync.id}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(opened_row(page, 1)).to_be_visible()
    assert seen.complaints == []


def test_a_range_of_rows_is_decided_at_once(page: Page, site: Site, scope: Scope, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}?group=update")
    first = rows(site.store, scope, sync, ChangeKind.UPDATE)[0].ordinal
    page.keyboard.press("j")
    expect(opened_row(page, first + 1)).to_be_visible()
    page.keyboard.press("x")
    for _ in range(4):
        page.keyboard.press("j")
    expect(opened_row(page, first + 5)).to_be_visible()
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-chosen]")).to_have_text("5 chosen")
    page.keyboard.press("a")
    expect(page.locator("#list .state-approved")).to_have_count(5)
    found = rows(site.store, scope, sync, ChangeKind.UPDATE)
    assert [one.state is ChangeState.APPROVED for one in found] == [1 <= at <= 5 for at in range(len(found))]


def test_further_rows_come_by_themselves_and_never_all_at_first(page: Page, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}?group=create")
    assert page.locator("#list .row").count() in {100, SMALL["create"]}
    page.locator("#list .row").last.scroll_into_view_if_needed()
    expect(page.locator("#list .row")).to_have_count(SMALL["create"])


def test_another_reviewers_decision_shows_by_itself(
    page: Page, a_browser: Callable[..., BrowserContext], scope: Scope, sync: Sync
) -> None:
    page.goto(f"/syncs/{sync.id}")
    other = a_browser(scope).new_page()
    other.goto(f"/syncs/{sync.id}")
    other.keyboard.press("r")
    expect(other.locator("#row-1")).to_contain_class("state-rejected")
    expect(page.locator("#row-1")).to_contain_class("state-rejected")
    expect(page.locator("#verdict .primary")).to_have_text(f"Approve {PLANNED - 1}, leave out 1")


SLOW_ANSWERS = """
const real = window.fetch;
let pulses = 0;
window.fetch = async (url, options = {}) => {
  const answer = await real(url, options);
  if (String(url).endsWith("/pulse")) pulses += 1;
  if (options.method === "POST") {
    const before = pulses;
    while (pulses === before) await new Promise((go) => setTimeout(go, 20));
    await new Promise((go) => setTimeout(go, 300));
  }
  return answer;
};
"""


def test_looking_for_news_never_drops_the_answer_to_a_decision(page: Page, sync: Sync) -> None:
    """The page hears of its own decision by the pulse before its answer is there; who presses twice decides once."""
    page.add_init_script(SLOW_ANSWERS)
    page.goto(f"/syncs/{sync.id}")
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(opened_row(page, 2)).to_be_visible()
    expect(page.locator("#row-1")).to_contain_class("state-approved")
    expect(page.locator("#said")).to_have_text("Approved.")
    assert page.locator("#record [role=alert], #row-2.state-approved").count() == 0


def test_without_a_script_everything_can_still_be_done(
    a_browser: Callable[..., BrowserContext], site: Site, scope: Scope, sync: Sync
) -> None:
    page = a_browser(scope, java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_role("link", name="Review", exact=True).click()
    page.locator("#row-2 .line").click()
    page.locator("#record").get_by_role("button", name="Leave out").click()
    page.locator("#verdict .primary").click()
    page.get_by_role("button", name=f"Approve {PLANNED - 1}, leave out 1").click()
    page.wait_for_url(f"**/syncs/{sync.id}")
    with site.store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.EXECUTING


def test_moments_are_told_in_the_zone_of_whoever_reads(
    a_browser: Callable[..., BrowserContext], scope: Scope, sync: Sync
) -> None:
    """Neither language nor zone of the server's."""
    page = a_browser(scope, timezone_id="Asia/Kathmandu", locale="de-DE").new_page()
    page.goto(f"/syncs/{sync.id}")
    moment = page.locator("#queue time").first
    told = page.evaluate(
        "at => new Intl.DateTimeFormat('de-DE', {dateStyle: 'medium', timeStyle: 'short',"
        " timeZone: 'Asia/Kathmandu'}).format(new Date(at))",
        moment.get_attribute("datetime"),
    )
    expect(moment).to_have_text(told)
    assert "UTC" not in page.locator("#queue").inner_text()
