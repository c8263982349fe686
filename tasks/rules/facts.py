"""What the mails of a campaign may know of a contact: a short list, cleaned and cut to length, and nothing else."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from storage.records import Contact, Person, Recipient
from tasks.rules.clean_text import many_lines, one_line
from tasks.rules.reachable import email
from tasks.rules.time_zones import time_zone

LONGEST = 120
LONGEST_NOTES = 1500

_USUAL: Mapping[str, Callable[[Person], str]] = MappingProxyType(
    {
        "given_name": lambda person: person.given_name,
        "family_name": lambda person: person.family_name,
        "company": lambda person: person.company,
        "job_title": lambda person: person.job_title,
        "department": lambda person: person.department,
        "city": lambda person: person.addresses[0].city if person.addresses else "",
        "country": lambda person: person.addresses[0].country if person.addresses else "",
    }
)
USUAL = tuple(_USUAL)
ON_REQUEST = ("tags", "notes")


def recipient_of(contact: Contact, *, address: str = "", uses: Collection[str] = ()) -> Recipient:
    """`address` is the one to write to, the primary one if empty; `uses` are those of `ON_REQUEST` that were asked for.

    The facts' names are their ids: what a mail rests on is told by them. What is empty is left out.
    """
    person = contact.person
    facts = {name: _cut(one_line(value(person)), LONGEST) for name, value in _USUAL.items()}
    if "tags" in uses:
        facts["tags"] = _cut(", ".join(map(one_line, person.tags)), LONGEST)
    if "notes" in uses:
        facts["notes"] = _cut(many_lines(person.notes), LONGEST_NOTES)
    return Recipient(
        address=address or email(person.emails[0].value if person.emails else ""),
        name=_name(person),
        facts={name: value for name, value in facts.items() if value},
        time_zone=time_zone((phone.value for phone in person.phones), facts["country"]),
    )


def _name(person: Person) -> str:
    full = one_line(f"{person.given_name} {person.family_name}")
    return _cut(full or one_line(person.display_name), LONGEST)


def _cut(text: str, longest: int) -> str:
    """At a blank where there is one: half a word means something else."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;")
