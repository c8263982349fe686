"""Templates of mails: versions, and an editor with a preview."""

from dataclasses import dataclass
from types import MappingProxyType

from starlette.responses import Response

from storage.campaign import templates
from storage.campaign.templates import NewTemplate, Template
from storage.records import Brief, Recipient
from tasks.rules.briefs import BriefError, check_links
from tasks.rules.letters import CannotRender, Frame, Routes, text_of
from tasks.rules.templates import VARIABLES, MissingFact, TemplateRefused, check_template, letter_of_template
from web.visits import Visit

EXAMPLE = Recipient(
    "ada@engines.example", "Ada Lovelace",
    {
        "given_name": "Ada", "family_name": "Lovelace", "company": "Analytical Engines", "job_title": "Programmer",
        "department": "Research", "city": "London", "country": "United Kingdom", "tags": "customer",
        "notes": "met in May",
    },
)  # fmt: skip
NOBODY = Recipient("somebody@else.example", "", {})
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Shown:
    """The preview for an example contact, and what keeps contacts with fewer facts from getting it."""

    subject: str = ""
    text: str = ""
    error: str = ""
    lacking: str = ""


def show(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        found = templates.templates(session, visit.scope)
    return visit.page("templates.html", templates=found, saved=visit.asked("saved"))


def begin(visit: Visit) -> Response:
    return _editor(visit, NewTemplate("", "", ""))


def show_one(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        found = templates.template(session, visit.scope, visit.part("template_id"))
        versions = templates.versions(session, visit.scope, found.name)
    new = NewTemplate(found.name, found.subject, found.text, found.language, found.links)
    return _editor(visit, new, shown=_shown(new), versions=versions, current=found.version)


def preview(visit: Visit) -> Response:
    try:
        new = _asked(visit)
    except BriefError as trouble:
        return _editor(visit, _typed(visit), shown=Shown(error=str(trouble)), status=422)
    return _editor(visit, new, shown=_shown(new))


def save(visit: Visit) -> Response:
    """Save a changed text as the next version. Mails made from earlier versions are unaffected."""
    try:
        new = _asked(visit, named=True)
        check_template(new.subject, new.text, new.links or {})
    except (BriefError, TemplateRefused) as trouble:
        return _editor(visit, _typed(visit), shown=Shown(error=str(trouble)), status=422)
    with visit.context.store.begin() as session:
        kept = templates.save(session, visit.scope, new, author=visit.email)
    return visit.go(f"/templates/{kept.id}?saved=1")


def _typed(visit: Visit) -> NewTemplate:
    form = visit.form
    pairs = (line.partition("=") for line in form.one("links").splitlines() if line.strip())
    links = {key.strip(): address.strip() for key, _, address in pairs}
    name, text = form.one("name").strip()[:LONGEST_NAME], form.one("text").replace("\r\n", "\n")
    return NewTemplate(name, form.one("subject").strip(), text, form.one("language").strip()[:35], links)


def _asked(visit: Visit, *, named: bool = False) -> NewTemplate:
    new = _typed(visit)
    if named and not new.name:
        raise BriefError("give the template a name")
    check_links(new.links or {})
    return new


def _shown(new: NewTemplate) -> Shown:
    brief = Brief(new.text, new.subject, new.language, links=dict(new.links or {}))
    try:
        check_template(new.subject, new.text, brief.links)
        letter = letter_of_template(brief, EXAMPLE)
        text = text_of(letter, Frame("", "(your postal address)", links=brief.links or {}), Routes("(opt-out link)"))
    except (TemplateRefused, CannotRender) as trouble:
        return Shown(error=str(trouble))
    return Shown(letter.subject, text, lacking=_lacking(brief))


def _lacking(brief: Brief) -> str:
    try:
        letter_of_template(brief, NOBODY)
    except MissingFact as missing:
        return missing.variable
    return ""


def _editor(
    visit: Visit, new: NewTemplate, *, shown: Shown | None = None, versions: list[Template] | None = None,
    current: int = 0, status: int = 200,
) -> Response:  # fmt: skip
    links = "\n".join(f"{key} = {address}" for key, address in (new.links or MappingProxyType({})).items())
    return visit.page(
        "template.html", status=status, new=new, links=links, shown=shown, versions=versions or [], current=current,
        variables=sorted(VARIABLES), saved=visit.asked("saved"),
    )  # fmt: skip
