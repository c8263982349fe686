"""A search that finds much shows the first of it, and says so."""

from storage.scope import Scope
from storage.session import Store
from storage.sync.syncs import Sync
from tests.web.campaigns_to_review import large_campaign
from tests.web.conftest import Person

FIRST = "The first 100 are shown"


def test_of_many_rows_that_are_found_the_first_are_shown(ann: Person, sync: Sync) -> None:
    page = ann.post(f"/syncs/{sync.id}/search", words="example").text
    assert page.count('<li id="row-') == 100
    assert "100+ found" in page
    assert FIRST in page


def test_of_few_rows_all_are_shown(ann: Person, sync: Sync) -> None:
    page = ann.post(f"/syncs/{sync.id}/search", words="lovelace").text
    assert 0 < page.count('<li id="row-') < 100
    assert FIRST not in page


def test_of_many_mails_too(ann: Person, store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = large_campaign(session, scope, 120)
    page = ann.post(f"/campaigns/{campaign.id}/search", words="example").text
    assert page.count('<li id="row-') == 100
    assert "100+ found" in page
    assert FIRST in page
