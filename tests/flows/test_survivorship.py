"""An organization's own rules, from the terminal's setting to the proposal of a conflict and its reason."""

import pytest

from storage.organization import organization_settings
from storage.organization.organization_settings import BadSetting
from tests.flows.book import Book
from tests.flows.by_hand import by_hand, named
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline


def settled(house: House, **settings: str) -> None:
    with house.store.begin() as session:
        organization_settings.change(session, house.scope, settings, actor=ANN)


@pytest.mark.parametrize(
    ("rules", "winner", "why"),
    [
        ("", "CEO", "job_title: the CRM's, no rule prefers the other"),
        ("job_title=longest", "Director of Sales", "job_title: the source's, the longer"),
        ("default=longest; job_title=most_recent", "CEO", "job_title: the CRM's, no rule prefers the other"),
    ],
)
def test_a_conflict_proposes_by_the_organizations_rules_and_says_which(
    house: House, pipeline: Pipeline, connection: str, book: Book, rules: str, winner: str, why: str
) -> None:
    pipeline.run(connection)
    settled(house, survivorship=rules)
    by_hand(house, 1, job_title="CEO")
    book.edit("s1", job_title="Director of Sales")
    sync = pipeline.preview(connection)
    assert pipeline.kinds(sync) == {"conflict": 1}
    assert [row.reason for row in pipeline.rows(sync) if row.kind == "conflict"] == [f"changed at the source; {why}"]
    pipeline.approve(sync)
    assert named(house, 1).person.job_title == winner


def test_a_rule_that_there_is_not_is_refused_when_it_is_set(house: House) -> None:
    with pytest.raises(BadSetting, match="'newest' is no rule; there are manual_edit, trusted_source"):
        settled(house, survivorship="job_title=newest")
    with pytest.raises(BadSetting, match="'yahoo' is neither microsoft"):
        settled(house, trusted_sources="google,yahoo")
