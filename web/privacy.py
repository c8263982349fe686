"""Data subject requests: export all data that an organization holds about a person, or erase it. Admins only."""

import json

from starlette.responses import Response

from storage import audit, scrubbing
from storage.people import contacts
from storage.privacy import erasing, holdings
from storage.privacy.traces import traces_of
from storage.records import Contact
from storage.session import Session
from tasks.rules.accounting import forecast
from tasks.rules.identity import whom_of
from web.visits import Refusal, Visit

PATIENCE = 1.0  # seconds to wait for readers of the SQLite log; after that, housekeeping truncates it


def export(visit: Visit) -> Response:
    """All data held about a person, as a JSON file. By POST, because the export is recorded in the audit log."""
    visit.scope.demand_admin("export all that is held of a person")
    with visit.context.store.begin() as session:
        asked = whom_of(_contact(session, visit))
        found = holdings.holdings(session, visit.scope, asked) or {}
        counts = {name: len(rows) for name, rows in found.items()}
        subject = holdings.known_as(session, visit.scope, asked)
        audit.record(session, visit.scope, actor=visit.email, action="person.exported", subject=subject, detail=counts)
    text = json.dumps(found, default=str, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="all-we-hold.json"'}
    return Response(text, media_type="application/json", headers=headers)


def before_erasing(visit: Visit) -> Response:
    """The confirmation page: whom it is about, how much would be deleted, and the text to type."""
    visit.scope.demand_admin("erase a person")
    with visit.context.store.read() as session:
        contact = _contact(session, visit)
        traces = traces_of(session, visit.scope, whom_of(contact))
        known = contacts.contacts(session, visit.scope, sorted(traces.contacts))
    others = [one for one in known.values() if one.id != contact.id]
    rows = len(traces.past) + sum(map(len, traces.waiting.values()))
    return visit.page(
        "erase.html", contact=contact, to_type=_to_type(contact), others=others, mails=len(traces.mails), rows=rows
    )


def erase(visit: Visit) -> Response:
    visit.scope.demand_admin("erase a person")
    with visit.context.store.begin() as session:
        contact = _contact(session, visit)
        if visit.form.one("typed").strip().casefold() != _to_type(contact).casefold():
            raise Refusal(409, "Nobody was erased", "What you typed is not what the page asks for: go back and look.")
        erasing.erase(session, visit.scope, whom_of(contact), forecast, by=visit.email)
    scrubbing.scrub(visit.context.store, patience=PATIENCE)
    return visit.go("/contacts?erased=1")


def _contact(session: Session, visit: Visit) -> Contact:
    return contacts.contact(session, visit.scope, visit.part("contact_id"))


def _to_type(contact: Contact) -> str:
    """The text to type: the first e-mail address, or else the name, the company or the contact's id."""
    person = contact.person
    return next((one.value for one in person.emails), "") or person.display_name or person.company or contact.id
