"""From pairs to people: who goes to which contact, and which source records are one person.

Agreement is not passed on blindly: the surest pairs are joined first, and a pair that would bring two contacts, or two
people who contradict each other, into one group is not joined but left for a person to decide.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from storage.records import Match, Verdict
from tasks.rules.matching.evidence import compare
from tasks.rules.matching.traits import Traits
from tasks.rules.matching.verdict import objections


@dataclass(frozen=True, slots=True)
class Resolution:
    """`links`: at most one match to a contact for each incoming id. `twins`: incoming ids that are one person.
    `doubtful_twins`: pairs of incoming records that a person should look at.
    """

    links: Mapping[str, Match]
    twins: tuple[tuple[str, ...], ...] = ()
    doubtful_twins: tuple[Match, ...] = ()


@dataclass(slots=True)
class _Group:
    members: list[str]
    contact: str = ""
    matches: list[Match] = field(default_factory=list)


def resolve(
    matches: Collection[Match],
    incoming: Sequence[Traits],
    existing: Sequence[Traits] = (),
    *,
    apart: Collection[tuple[str, str]] = (),
) -> Resolution:
    """`apart` holds pairs that a person has called different people, in either order."""
    refused = {frozenset(pair) for pair in apart}
    people = {person.id: person for person in (*existing, *incoming)}
    groups = {person.id: _Group([person.id]) for person in incoming}
    groups |= {person.id: _Group([person.id], person.id) for person in existing}
    open_matches = []
    for match in sorted(matches, key=lambda m: (-m.score, m.left, m.right)):
        if frozenset((match.left, match.right)) in refused:
            continue
        if match.verdict is not Verdict.SURE or not _join(groups, people, match, refused):
            open_matches.append(match)
    return _told(groups, [person.id for person in incoming], open_matches)


def _join(
    groups: dict[str, _Group], people: Mapping[str, Traits], match: Match, refused: Collection[frozenset[str]]
) -> bool:
    one, other = groups[match.left], groups[match.right]
    if one is other:
        return True
    if (one.contact and other.contact) or _at_odds(one, other, people, refused):
        return False
    one.members += other.members
    one.contact = one.contact or other.contact
    one.matches += [*other.matches, match]
    groups.update(dict.fromkeys(other.members, one))
    return True


def _at_odds(one: _Group, other: _Group, people: Mapping[str, Traits], refused: Collection[frozenset[str]]) -> bool:
    pairs = ((mine, their) for mine in one.members for their in other.members)
    return any(frozenset(pair) in refused or _contradict(people[pair[0]], people[pair[1]]) for pair in pairs)


def _contradict(one: Traits, other: Traits) -> bool:
    return bool(objections(one, other, compare(one, other)))


def _told(groups: Mapping[str, _Group], incoming: Sequence[str], open_matches: Sequence[Match]) -> Resolution:
    known = set(incoming)
    links = {id_: link for id_ in incoming if (link := _link(id_, groups[id_]))}
    doubtful = []
    for match in open_matches:
        asked = Match(match.left, match.right, Verdict.MAYBE, match.score, match.reason)
        if match.right in known:
            if groups[match.left] is not groups[match.right]:
                doubtful.append(asked)
        elif not groups[match.left].contact:
            links.setdefault(match.left, asked)
    members = {id(group): tuple(sorted(known.intersection(group.members))) for group in groups.values()}
    twins = tuple(sorted(group for group in members.values() if len(group) > 1))
    return Resolution(links, twins, tuple(doubtful))


def _link(person: str, group: _Group) -> Match | None:
    if not group.contact:
        return None
    for match in group.matches:
        if (match.left, match.right) == (person, group.contact):
            return match
    weakest = min(match.score for match in group.matches)
    return Match(person, group.contact, Verdict.SURE, weakest, "the same person as another source record that fits")
