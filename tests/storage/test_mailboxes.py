"""A mailbox's limits hold over all workers and all restarts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from storage.campaign import mailboxes, outbox
from storage.campaign.mailboxes import DAY
from storage.scope import Scope
from storage.session import Store
from tests.sending.outboxes import MINUTE, NOON, approved, claimed

SECOND = timedelta(seconds=1)
BOX = "smtp"


def test_turns_are_apart_whoever_takes_them(store: Store, scope: Scope) -> None:
    def turn(_: int) -> datetime:
        with store.begin() as session:
            return mailboxes.take_turn(session, scope, BOX, moment=NOON, interval=2 * SECOND)

    with ThreadPoolExecutor(4) as pool:
        turns = sorted(pool.map(turn, range(8)))
    assert turns == [NOON + 2 * SECOND * number for number in range(8)]


def test_a_turn_that_nobody_took_is_not_made_up_for(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        mailboxes.take_turn(session, scope, BOX, moment=NOON, interval=SECOND)
        assert mailboxes.take_turn(session, scope, BOX, moment=NOON + MINUTE, interval=SECOND) == NOON + MINUTE
        assert mailboxes.take_turn(session, scope, BOX, moment=NOON + MINUTE, interval=SECOND) == NOON + MINUTE + SECOND


def test_a_full_day_has_room_when_the_first_of_it_is_a_day_old(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 4)
        for hour in range(3):
            [mail] = claimed(session, scope, campaign)
            at = NOON + timedelta(hours=hour)
            outbox.submit(session, scope, [mail], at=at, until=at)
        evening = NOON + timedelta(hours=8)
        assert mailboxes.room_at(session, scope, BOX, per_day=4, moment=evening) == evening
        assert mailboxes.room_at(session, scope, BOX, per_day=3, moment=evening) == NOON + DAY
        assert mailboxes.room_at(session, scope, BOX, per_day=2, moment=evening) == NOON + timedelta(hours=1) + DAY
        assert mailboxes.room_at(session, scope, BOX, per_day=3, moment=NOON + DAY) == NOON + DAY
        assert mailboxes.sent_since(session, scope, BOX, NOON) == 2


def test_a_mail_about_to_leave_takes_a_place_of_the_day(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 2)
        first, _second = claimed(session, scope, campaign, limit=2)
        outbox.submit(session, scope, [first], at=NOON, until=NOON)
        assert mailboxes.room_at(session, scope, BOX, per_day=2, moment=NOON + SECOND) == NOON + DAY


def test_mails_about_to_leave_can_fill_the_day_alone(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 3)
        claimed(session, scope, campaign, limit=2)
        assert mailboxes.room_at(session, scope, BOX, per_day=3, moment=NOON) == NOON
        assert mailboxes.room_at(session, scope, BOX, per_day=2, moment=NOON) > NOON


def test_a_mailbox_has_so_many_slots_and_a_dead_holder_keeps_none(store: Store, scope: Scope) -> None:
    with store.begin() as session:

        def take(holder: str, moment: datetime = NOON) -> bool:
            until = moment + MINUTE
            return mailboxes.take_slot(session, scope, BOX, holder, moment=moment, until=until, at_once=2)

        assert [take(holder) for holder in ("a", "b", "c")] == [True, True, False]
        assert take("a")
        mailboxes.give_slot_back(session, scope, BOX, "b")
        assert take("c")
        assert not take("b")
        assert take("b", NOON + MINUTE)


def test_quiet_lasts_as_long_as_the_longest_wish(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        for seconds in (5, 60, 10):
            mailboxes.keep_quiet(session, scope, BOX, NOON + seconds * SECOND, f"{seconds}")
        here = mailboxes.mailbox(session, scope, BOX)
        assert (here.quiet_until, here.quiet_why) == (NOON + MINUTE, "60")


def test_days_on_which_mails_left_are_counted(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        days = []
        for hours in (0, 5, 24, 30, 100):
            mailboxes.take_turn(session, scope, BOX, moment=NOON + timedelta(hours=hours), interval=SECOND)
            days.append(mailboxes.mailbox(session, scope, BOX).days_sent)
        assert days == [0, 0, 1, 1, 2]
