"""A campaign's audience: which contacts are written to, and for every other contact one reason why not."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage.records import Contact, Recipient, SuppressionReason
from tasks.rules.facts import recipient_of
from tasks.rules.mail_addresses import mailbox
from tasks.rules.reachable import email, is_email


class Exclusion(StrEnum):
    NO_ADDRESS = "no e-mail address"
    INVALID_ADDRESS = "invalid e-mail address"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced before"
    SUPPRESSED = "suppressed"
    ROLE_ADDRESS = "role address"
    DUPLICATE_ADDRESS = "duplicate address"
    WRITTEN_TO_RECENTLY = "written to recently"


# An opt-out of one address covers the contact's other addresses too; a bounce concerns the one address only.
_OF_THE_PERSON = {
    SuppressionReason.UNSUBSCRIBED: Exclusion.UNSUBSCRIBED,
    SuppressionReason.COMPLAINED: Exclusion.UNSUBSCRIBED,
    SuppressionReason.MANUAL: Exclusion.SUPPRESSED,
    SuppressionReason.ERASED: Exclusion.SUPPRESSED,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact with its usable addresses, primary first, each with the hash of its canonical form."""

    contact: Contact
    addresses: tuple[tuple[str, str], ...]

    @property
    def hashes(self) -> tuple[str, ...]:
        return tuple(hashed for _, hashed in self.addresses)


@dataclass(frozen=True, slots=True)
class Judged:
    """A contact that is included, with the facts its mail may use; or excluded, with the reason."""

    object_id: str
    recipient: Recipient | None
    address_hash: str = ""
    reason: Exclusion | None = None


def canonical(address: str) -> str:
    """One spelling per mailbox: lower case, no +tag, no dots at Gmail. Suppressions are keyed by its hash."""
    return mailbox(email(address)).key


def candidate(contact: Contact, hashed: Callable[[str], str]) -> Candidate:
    spelt = dict.fromkeys(email(item.value) for item in contact.person.emails)
    return Candidate(contact, tuple((one, hashed(canonical(one))) for one in spelt if is_email(one)))


def segmented(
    candidates: Iterable[Candidate],
    *,
    suppressed: Mapping[str, SuppressionReason],
    written_to: Collection[str] = (),
    exclude_roles: bool = False,
    uses: Collection[str] = (),
    taken: set[str] | None = None,
) -> Iterator[Judged]:
    """One result per candidate, in order. Of several with the same address, the first is included.

    `suppressed` and `written_to` are hashes of addresses. `taken` carries addresses from one batch to the next.
    """
    taken = set() if taken is None else taken
    for one in candidates:
        address, hashed, reason = _address(one, suppressed)
        if not reason:
            reason = _unfit(address, hashed, taken, written_to, exclude_roles=exclude_roles)
        if reason:
            yield Judged(one.contact.id, None, hashed, reason)
        else:
            taken.add(hashed)
            yield Judged(one.contact.id, recipient_of(one.contact, address=address, uses=uses), hashed)


def _address(one: Candidate, suppressed: Mapping[str, SuppressionReason]) -> tuple[str, str, Exclusion | None]:
    """The address to write to, with its hash; or why there is none."""
    if not one.addresses:
        given = any(item.value.strip() for item in one.contact.person.emails)
        return "", "", Exclusion.INVALID_ADDRESS if given else Exclusion.NO_ADDRESS
    found = {hashed: suppressed[hashed] for hashed in one.hashes if hashed in suppressed}
    for hashed, why in found.items():
        if why in _OF_THE_PERSON:
            return "", hashed, _OF_THE_PERSON[why]
    fit = next((pair for pair in one.addresses if pair[1] not in found), None)
    return (*fit, None) if fit else ("", one.addresses[0][1], Exclusion.BOUNCED)


def _unfit(
    address: str, hashed: str, taken: Collection[str], written_to: Collection[str], *, exclude_roles: bool
) -> Exclusion | None:
    if exclude_roles and mailbox(address).role:
        return Exclusion.ROLE_ADDRESS
    if hashed in taken:
        return Exclusion.DUPLICATE_ADDRESS
    if hashed in written_to:
        return Exclusion.WRITTEN_TO_RECENTLY
    return None
