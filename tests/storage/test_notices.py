"""Which notices are due: those of addresses that are still told."""

from storage.records import Matter, NoticeKind
from storage.reporting import notices
from storage.scope import Scope
from storage.session import Store

OLD, NEW = ["json://old.example"], ["json://new.example"]


def test_notices_for_an_address_no_longer_in_the_settings_do_not_hold_up_the_others(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        for number in range(2):
            notices.note(session, scope, Matter(NoticeKind.SYNC_FAILED, f"old {number}"), OLD)
        notices.note(session, scope, Matter(NoticeKind.SYNC_FAILED, "new"), NEW)
        assert [one.subject for one in notices.due(session, scope, NEW, limit=2)] == ["new"]
