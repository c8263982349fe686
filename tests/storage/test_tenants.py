"""Organizations are found by what a person would type."""

import pytest

from storage.organization import tenants
from storage.organization.tenants import UnknownTenant
from storage.session import Store


@pytest.mark.parametrize("typed", ["muller-sohne", "Müller & Söhne", "MULLER-SOHNE"])
def test_an_organization_goes_by_its_short_name_and_by_the_name_it_was_made_from(store: Store, typed: str) -> None:
    with store.begin() as session:
        made = tenants.add_organization(session, "Müller & Söhne")
        assert tenants.organization_named(session, typed) == made


@pytest.mark.parametrize("typed", ["", "muller", "muller-sohne-2"])
def test_no_other_name_will_do(store: Store, typed: str) -> None:
    with store.begin() as session:
        tenants.add_organization(session, "Müller & Söhne")
        with pytest.raises(UnknownTenant, match="contactflow org add"):
            tenants.organization_named(session, typed)
