"""Nobody writes to a person who was erased: neither a campaign that waits, nor a mail that is in a worker's hands."""

from datetime import timedelta

import pytest

from storage.campaign import campaigns, outbox, suppressions
from storage.deciding import CannotDecide
from storage.documents import now
from storage.records import (
    MailState,
    SuppressionReason,
)  # fmt: skip
from tests.cli.conftest import Call
from tests.privacy.asking import erased
from tests.privacy.world import NOW_AT, ON_A_CARD, World

both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
FORMER = "pia.quelle@former.example"


@both
def test_nobody_writes_to_them_again_and_an_approved_mail_does_not_leave(call: Call, world: World) -> None:
    erased(call)
    world.line.send(world.approved.id)
    ended = world.line.mails(world.approved)
    assert [(mail.state, mail.reason) for mail in ended] == [
        (MailState.EXCLUDED, "erased at their own wish"),
        (MailState.SENT, ""),
    ]
    with pytest.raises(CannotDecide, match="not the mails that wait now"):
        world.line.decide(world.in_review)
    world.line.decide(world.line.campaign(world.in_review.id))
    with world.house.store.read() as session:
        hashed = [suppressions.address_hash(session, world.house.scope, one) for one in (NOW_AT, FORMER, ON_A_CARD)]
        found = suppressions.suppressed(session, world.house.scope, hashed)
    assert found == dict.fromkeys(hashed, SuppressionReason.ERASED)
    assert call("suppression", "lift", NOW_AT, "--org", "acme").exit_code == 1


def test_a_mail_in_a_workers_hands_is_taken_from_it_unless_it_may_have_left(call: Call, world: World) -> None:
    scope, campaign = world.house.scope, world.approved
    with world.house.store.begin() as session:
        key = campaigns.demand_body_key(session, scope, campaign.id)
        until = now() + timedelta(minutes=1)
        first, _ = outbox.claim(session, scope, campaign.id, key, moment=now(), until=until, limit=2)
    assert first.object_id == world.pia
    erased(call)
    with world.house.store.begin() as session:
        assert outbox.submit(session, scope, [first], at=now(), until=until) == []
    assert world.pia_in(campaign).state is MailState.EXCLUDED


def test_a_mail_that_was_handed_over_stays_unknown_and_holds_nothing_up(call: Call, world: World) -> None:
    scope, campaign = world.house.scope, world.approved
    with world.house.store.begin() as session:
        key = campaigns.demand_body_key(session, scope, campaign.id)
        until = now() + timedelta(minutes=1)
        claims = outbox.claim(session, scope, campaign.id, key, moment=now(), until=until, limit=2)
        outbox.submit(session, scope, claims[:1], at=now(), until=until)
    erased(call)
    assert world.pia_in(campaign).state is MailState.UNKNOWN
    with world.house.store.begin() as session:
        assert outbox.unknown(session, scope, campaign.id, key, limit=1) == []
        late = outbox.recover(session, scope, campaign.id, key, moment=until, until=until, limit=9)
    assert [one.mail_id for one in late] == [claims[1].mail_id]
