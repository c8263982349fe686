"""Many organizations, each of which bears its own mark in every value, with a source of people and a mailbox."""

from collections.abc import Iterator
from dataclasses import dataclass

from deployments.simulators import changes
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.people import Card, Place
from deployments.simulators.world import World
from storage.organization import connections, organization_settings, tenants
from storage.organization.connections import StoredTokens
from storage.records import Provider, Role
from storage.scope import Scope
from storage.session import Store

PEOPLE = 5
LARGE = 40  # more than a mailbox of Microsoft's may write to in a minute
ONE_LARGE_IN = 50
SYLLABLES = ("ka", "lo", "mi", "ru", "te", "van", "der", "bi", "qu", "zel", "pa", "nim", "dra", "fe", "hul", "jas")


@dataclass(frozen=True, slots=True)
class Member:
    number: int
    scope: Scope
    connection: str
    mailbox: Mailbox

    @property
    def mark(self) -> str:
        return mark(self.number)

    @property
    def user(self) -> str:
        return f"ann@{self.mark}.example"

    @property
    def people(self) -> dict[str, str]:
        """Names by address, as the source has them."""
        alive = (entry.card for entry in self.mailbox.alive())
        return {card.emails[0][1]: card.display_name for card in alive}


def mark(number: int) -> str:
    return f"mk{number:05d}q"


def settled(store: Store, world: World, count: int) -> list[Member]:
    return [_moved_in(store, world, number) for number in range(count)]


def _moved_in(store: Store, world: World, number: int) -> Member:
    provider, name = (Provider.MICROSOFT, Provider.GOOGLE)[number % 2], mark(number)
    mailbox = world.add_mailbox(provider, f"owner@{name}.example", size=0)
    for card in cards(number):
        changes.put(mailbox, card, world.now())
    tokens = StoredTokens(world.refresh_token(provider, mailbox.email))
    with store.begin() as session:
        tenants.add_organization(session, name)
        tenants.add_user(session, name, f"ann@{name}.example", role=Role.ADMIN, name=f"Ann {name}")
        scope = tenants.scope_of(session, name, f"ann@{name}.example")
        organization_settings.change(session, scope, {"postal_address": f"1 {name} Street, Exampleton"}, actor=name)
        made = connections.connect(
            session, scope, provider=provider, account=mailbox.email, tokens=tokens, scopes=("all",)
        )
    return Member(number, scope, made.id, mailbox)


def cards(number: int) -> Iterator[Card]:
    """People like nobody else, so that matching has no doubts; of two kinds of size, one of which meets the limits."""
    name = mark(number)
    for at in range(LARGE if number % ONE_LARGE_IN in {0, 1} else PEOPLE):
        word = "".join(SYLLABLES[(number * 7919 + at * 104_729 >> shift) % 16] for shift in (0, 4, 8, 12))
        lives = Place("work", f"{at} {name} Street", f"{name} Town", "", f"{at:05d}", "Germany")
        yield Card(
            person=f"{name}/{at}", given=f"{word.title()}{at}", family=name.title(), company=f"{name} {word} Ltd",
            notes=f"Met at {name} fair, stand {at}.", emails=(("work", f"{word}.{at}@{name}.example"),),
            addresses=(lives,), tags=(f"{name} friends",),
        )  # fmt: skip
