"""What happens after sending, and who must not be written to again."""

from storage.campaign import mail_events, mails, segments, suppressions, tallies, templates
from storage.campaign.mail_events import Event
from storage.campaign.templates import NewTemplate
from storage.documents import now
from storage.records import Criteria, MailEvent, SuppressionReason, Visitor
from storage.scope import Scope
from storage.session import Store
from tests.storage.campaign_examples import waiting


def test_an_event_that_comes_twice_counts_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 1)
        [mail] = mails.mails(session, scope, campaign.id, None)
        event = Event(mail.id, MailEvent.REPLIED, "message-7", now(), Visitor.HUMAN)
        assert [mail_events.note(session, scope, campaign.id, event) for _ in range(2)] == [True, False]
        assert tallies.statistics(session, scope, campaign.id).replied == 1


def test_machines_that_open_are_kept_but_not_counted(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 1)
        [mail] = mails.mails(session, scope, campaign.id, None)
        for visitor in Visitor:
            event = Event(mail.id, MailEvent.OPENED, visitor, now(), visitor)
            mail_events.note(session, scope, campaign.id, event)
        assert tallies.statistics(session, scope, campaign.id).opened == 1
        assert len(mail_events.of_mail(session, scope, mail.id)) == 3


def test_the_first_reason_for_not_writing_stays(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        hashed = suppressions.address_hash(session, scope, "ada@engines.example")
        assert suppressions.suppress(session, scope, [hashed, hashed], SuppressionReason.UNSUBSCRIBED) == 1
        assert suppressions.suppress(session, scope, [hashed], SuppressionReason.BOUNCED) == 0
        assert suppressions.suppressed(session, scope, [hashed, "other"]) == {hashed: SuppressionReason.UNSUBSCRIBED}


def test_who_was_erased_stays_erased(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        suppressions.suppress(session, scope, ["gone"], SuppressionReason.ERASED)
        suppressions.suppress(session, scope, ["back"], SuppressionReason.UNSUBSCRIBED)
        assert not suppressions.allow_again(session, scope, "gone")
        assert suppressions.allow_again(session, scope, "back")


def test_two_organizations_cannot_compare_their_lists(store: Store, scope: Scope, rival: Scope) -> None:
    with store.read() as session:
        hashes = {suppressions.address_hash(session, one, "ada@engines.example") for one in (scope, rival)}
    assert len(hashes) == 2


def test_a_changed_template_is_a_new_version_and_the_old_one_stays(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        first = templates.save(session, scope, NewTemplate("spring", "Spring", "Dear all"), author="ann")
        again = templates.save(session, scope, NewTemplate("spring", "Spring", "Dear all"), author="ben")
        second = templates.save(session, scope, NewTemplate("spring", "Spring", "Dear you"), author="ben")
        assert (again.id, second.version) == (first.id, 2)
        assert templates.template(session, scope, first.id).text == "Dear all"
        assert [one.text for one in templates.templates(session, scope)] == ["Dear you"]


def test_a_saved_segment_is_overwritten_by_name(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        segments.save(session, scope, "friends", Criteria(tags=("friend",)))
        segments.save(session, scope, "friends", Criteria(pipeline="sales"))
        assert segments.segments(session, scope) == {"friends": Criteria(pipeline="sales")}
        assert segments.remove(session, scope, "friends")
        assert segments.segments(session, scope) == {}
