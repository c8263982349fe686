"""Mails from a template, without a model: Jinja2's sandbox, and of its language only what cannot run away.

`{{ given_name }}`, `{{ company | default('your company') }}`, `{% if city %}...{% endif %}` and `{{ link('demo') }}`;
no loops, no arithmetic, no attributes. Blank lines part paragraphs. What a contact's facts say is shown as it stands:
they can neither form a link nor any other mark.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jinja2 import Template, TemplateError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storage.records import Brief, Letter, Paragraph, Recipient
from tasks.rules.clean_text import many_lines, one_line
from tasks.rules.facts import ON_REQUEST, USUAL
from tasks.rules.letters.markup import escaped, link_keys

LONGEST = 64 * 1024
LONGEST_MAIL = 20_000
LONGEST_GREETING = 120
OTHER_NAMES = MappingProxyType({"first_name": "given_name", "last_name": "family_name"})
VARIABLES = (*USUAL, *ON_REQUEST, *OTHER_NAMES, "name")

_LINK = re.compile(r"\{\{-?\s*link\s*:\s*([A-Za-z0-9_-]{1,40})\s*-?\}\}")
_FILTERS = frozenset({"default", "d", "title", "capitalize", "upper", "lower", "trim"})
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter, nodes.Keyword,
    nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Call,
)  # fmt: skip


class TemplateRefused(Exception):
    """A template cannot be used. The text says what and where."""


class MissingFact(TemplateRefused):
    """A contact lacks what the template asks for."""

    def __init__(self, variable: str, text: str) -> None:
        super().__init__(text)
        self.variable = variable


class _Marked(str):
    """Text that is Markdown already."""

    __slots__ = ()


class _Missing(Undefined):
    """Whether it is there may be asked; showing it is an error that names it."""

    __slots__ = ()
    __str__ = Undefined._fail_with_undefined_error  # noqa: SLF001 (how Jinja2 itself derives such classes)


@dataclass(frozen=True, slots=True)
class Compiled:
    subject: Template
    text: Template


def check_template(subject: str, text: str, links: Mapping[str, str] | None = None) -> None:
    """Refuse what could not be rendered for anybody. Without `links`, their keys are not looked at."""
    if not one_line(subject):
        raise TemplateRefused("the template has no subject: write one in its head, `subject: ...`")
    for name, source in (("subject", subject), ("text", text)):
        tree = _parsed(name, source)
        if links is not None:
            _demand_links(name, tree, links)


def letter_of_template(brief: Brief, recipient: Recipient) -> Letter:
    """`brief` is the template. Raises MissingFact where the recipient lacks what it asks for."""
    compiled = _compiled(brief.subject, brief.text)
    facts = _variables(recipient)
    # A subject knows no marks, so nothing in it is escaped.
    subject = one_line(re.sub(r"\\(.)", r"\1", _rendered("subject", compiled.subject, facts)))
    blocks = re.split(r"\n\s*\n", many_lines(_rendered("text", compiled.text, facts)))
    paragraphs = [block.strip() for block in blocks if block.strip()]
    greeting = paragraphs.pop(0) if len(paragraphs) > 1 and _greets(paragraphs[0]) else ""
    return Letter(subject, greeting, tuple(map(Paragraph, paragraphs)), language=brief.language)


def lacking(brief: Brief, recipients: Iterable[Recipient]) -> dict[str, int]:
    """Which variables are missing, and for how many of the recipients."""
    missing: Counter[str] = Counter()
    for recipient in recipients:
        try:
            letter_of_template(brief, recipient)
        except MissingFact as error:
            missing[error.variable] += 1
    return dict(missing)


def lacking_in_words(missing: Mapping[str, int], of: int) -> str:
    parts = (f"{name} is not known of {number:,} of {of:,} contacts" for name, number in sorted(missing.items()))
    name = next(iter(sorted(missing)), "")
    return f"{'; '.join(parts)}: write {{{{ {name} | default('...') }}}} to say what stands there instead"


def facts_on_request(brief: Brief) -> tuple[str, ...]:
    """What the template shows of the facts that mails only know where they are asked for."""
    named = {
        node.name
        for name, source in (("subject", brief.subject), ("text", brief.text))
        for node in _parsed(name, source).find_all(nodes.Name)
    }
    return tuple(one for one in ON_REQUEST if one in named)


def _variables(recipient: Recipient) -> dict[str, str]:
    facts = dict(recipient.facts) | ({"name": recipient.name} if recipient.name else {})
    return facts | {other: facts[name] for other, name in OTHER_NAMES.items() if name in facts}


def _greets(paragraph: str) -> bool:
    return "\n" not in paragraph and len(paragraph) <= LONGEST_GREETING and not link_keys(paragraph)


def _link(key: str) -> _Marked:
    return _Marked(f"{{{{link:{key}}}}}")


def _shown(value: Any) -> Any:
    """What a variable yields, with the meaning taken from its signs."""
    return value if isinstance(value, _Marked | Undefined) else escaped(str(value))


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=_Missing, finalize=_shown, keep_trailing_newline=True)
    environment.globals = {"link": _link}
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


_ENVIRONMENT = _environment()


@lru_cache(maxsize=64)
def _compiled(subject: str, text: str) -> Compiled:
    check_template(subject, text)
    return Compiled(*(_ENVIRONMENT.from_string(_LINK.sub(r'{{ link("\1") }}', source)) for source in (subject, text)))


def _parsed(name: str, source: str) -> nodes.Template:
    if len(source) > LONGEST:
        raise TemplateRefused(f"{name}: {len(source):,} characters, limit {LONGEST:,}")
    try:
        tree = _ENVIRONMENT.parse(_LINK.sub(r'{{ link("\1") }}', source))
    except (TemplateError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise TemplateRefused(f"{name}, line {line}: {str(error)[:200]}") from None
    for node in tree.find_all(nodes.Node):
        _demand_allowed(name, node)
    return tree


def _demand_allowed(name: str, node: nodes.Node) -> None:
    refused = f"{name}, line {node.lineno}: "
    if not isinstance(node, _ALLOWED):
        raise TemplateRefused(f"{refused}{type(node).__name__} is not for templates of mails; {{% if %}} is")
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        raise TemplateRefused(f"{refused}there is no filter {node.name}; known are {', '.join(sorted(_FILTERS))}")
    if isinstance(node, nodes.Test) and node.name not in {"defined", "undefined"}:
        raise TemplateRefused(f"{refused}there is no test {node.name}; `is defined` is one")
    if isinstance(node, nodes.Call) and not _is_link(node):
        raise TemplateRefused(f"{refused}only link('key') can be called")
    if isinstance(node, nodes.Name) and node.name not in {*VARIABLES, "link"}:
        raise TemplateRefused(f"{refused}there is no {node.name}; known are {', '.join(sorted(VARIABLES))}")


def _is_link(call: nodes.Call) -> bool:
    named = isinstance(call.node, nodes.Name) and call.node.name == "link"
    one = len(call.args) == 1 and isinstance(call.args[0], nodes.Const)
    return named and one and not call.kwargs and call.dyn_args is None and call.dyn_kwargs is None


def _demand_links(name: str, tree: nodes.Template, links: Mapping[str, str]) -> None:
    for call in tree.find_all(nodes.Call):
        key = call.args[0].as_const()
        if key not in links:
            raise TemplateRefused(f"{name}, line {call.lineno}: there is no link {key!r}; known are {', '.join(links)}")


def _rendered(name: str, template: Template, facts: Mapping[str, str]) -> str:
    try:
        text = template.render(facts)
    except UndefinedError as error:
        variable = next(iter(re.findall(r"'(\w+)' is undefined", str(error))), "a variable")
        raise MissingFact(variable, f"{name}: {variable} is not known of this contact") from None
    if len(text) > LONGEST_MAIL:
        raise TemplateRefused(f"{name}: {len(text):,} characters, limit {LONGEST_MAIL:,}")
    return text
