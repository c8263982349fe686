"""Numbers that can be looked at: drawn on the server, told in a table as well, and honest where there are none."""

import re
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from storage.campaign import campaigns, mail_events, mails
from storage.campaign.mail_events import Event
from storage.documents import now
from storage.records import MailEvent, Visitor
from storage.scope import Scope
from storage.session import Store
from storage.tables import campaign_emails
from tests.storage.campaign_examples import waiting
from tests.web.conftest import Person
from web.campaign.mail_words import money
from web.charts import columns, round_up
from web.rendering import percent

FIRST = date(2026, 3, 1)
NUMBERS = st.dictionaries(st.dates(FIRST, FIRST + timedelta(days=60)), st.integers(1, 10**7), max_size=30)


def test_the_page_tells_what_came_of_campaigns(ann: Person, store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 4)
        session.execute(update(campaign_emails).values(sent_at=now()))
        mail = mails.mails(session, scope, campaign.id, None)[0]
        for kind in (MailEvent.OPENED, MailEvent.REPLIED):
            event = Event(mail.id, kind, "1", now(), Visitor.HUMAN)
            mail_events.note(session, scope, campaign.id, event)
        campaigns.note(session, scope, campaign.id, sent=4, opened=1, replied=1, total_cost=Decimal("0.02"))
    page = ann.get("/analytics").text
    steps = dict(re.findall(r'<th scope="row">(\w+)</th><td class="n">([\d,]+)', page))
    assert steps["Audience"] == steps["Sent"] == "4"
    assert steps["Opened"] == steps["Replied"] == "1"
    assert money(Decimal("0.005")) in page
    assert re.search(r"Sent <b>4</b>.*Replies <b>1</b>", page)
    assert "Sent <b>4</b>" in ann.get("/").text
    for days in ("90", "365", "-1", "nonsense", "9" * 30):
        assert ann.get(f"/analytics?days={days}").status_code == 200


def test_where_nothing_was_done_the_page_says_what_to_do(ann: Person) -> None:
    page = ann.get("/analytics").text
    assert "There is nothing to count yet" in page
    assert 'class="chart' not in ann.get("/").text


def test_each_drawing_has_a_name_and_a_table_of_the_same_numbers(ann: Person, store: Store, scope: Scope) -> None:
    with store.begin() as session:
        waiting(session, scope, 1)
        session.execute(update(campaign_emails).values(sent_at=now()))
    page = ann.get("/analytics").text
    drawn = re.findall(r'role="img" aria-labelledby="([^"]+)"', page)
    assert drawn
    assert all(f'id="{name}"' in page for names in drawn for name in names.split())
    assert page.count("<summary>The numbers</summary>") == len(drawn)
    assert not re.search(r"\sstyle=", page)


@given(one=NUMBERS, other=NUMBERS, width=st.integers(1, 14), stacked=st.booleans())
def test_a_chart_counts_every_day_once_and_stays_in_its_frame(
    one: dict[date, int], other: dict[date, int], width: int, *, stacked: bool
) -> None:
    series, last = {"one": one, "other": other}, FIRST + timedelta(days=60)
    chart = columns("All", series, FIRST, last, width=width, stacked=stacked)
    assert chart.sums == (sum(one.values()), sum(other.values()))
    for box in (box for stack in chart.stacks for box in stack.boxes):
        assert 0 <= box.x <= box.x + box.width <= 100.05
        assert 0 <= box.y <= 100
        assert box.height > 0


@given(st.integers(0, 10**12))
def test_a_scale_ends_with_a_round_number_above_all(number: int) -> None:
    assert number <= round_up(number) <= max(1, 5 * number)


def test_small_numbers_are_not_rounded_away() -> None:
    assert [percent(0.0), percent(0.4), percent(63.2)] == ["0 %", "0.4 %", "63 %"]
