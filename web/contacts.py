"""The CRM's contacts: find one, and see where each value came from and what happened to it."""

from starlette.responses import Response

from storage.people import actions, contacts, links
from storage.records import Contact, Person
from tasks.rules.changes import FIELDS, SEVERAL
from tasks.rules.provenance import origin
from web.visits import Visit, number_of

PAGE = 100
NOBODY = Person()


def show(visit: Visit) -> Response:
    offset = number_of(visit.asked("from"))
    with visit.context.store.read() as session:
        found = contacts.search(session, visit.scope, limit=PAGE + 1, offset=offset)
        total = contacts.count(session, visit.scope)
    return visit.page(
        "contacts.html", found=found[:PAGE], total=total, words="", offset=offset, page=PAGE,
        is_more=len(found) > PAGE, is_erased=bool(visit.asked("erased")),
    )  # fmt: skip


def search(visit: Visit) -> Response:
    """Search by POST, since names do not belong in URLs."""
    words = visit.form.one("words").strip()[:200]
    with visit.context.store.read() as session:
        found = contacts.search(session, visit.scope, words, limit=PAGE + 1)
        total = contacts.count(session, visit.scope)
    return visit.page(
        "contacts.html", found=found[:PAGE], total=total, words=words, offset=0, page=PAGE, is_more=len(found) > PAGE,
        is_erased=False,
    )  # fmt: skip


def show_one(visit: Visit) -> Response:
    contact_id = visit.part("contact_id")
    with visit.context.store.read() as session:
        found = contacts.contact(session, visit.scope, contact_id)
        history = actions.actions(session, visit.scope, contact_id)
        behind = links.links_of(session, visit.scope, contact_id)
    return visit.page("contact.html", contact=found, values=_values(found), history=history[::-1], links=behind)


def _values(contact: Contact) -> list[tuple[str, list[tuple[object, dict[str, object]]]]]:
    """Each field with its values and their provenance."""
    return [
        (name, [(value, origin(contact.provenance, name, value if name in SEVERAL else None)) for value in _each(held)])
        for name in FIELDS
        if (held := getattr(contact.person, name)) != getattr(NOBODY, name)
    ]


def _each(held: object) -> list[object]:
    return list(held) if isinstance(held, tuple) else [held]
