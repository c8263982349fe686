"""The text of a brief: an optional head in YAML between two lines of `---`, then what the mails are about.

---
subject: News for {{ company }}
language: de
sender: Ann of Acme
links: {demo: https://acme.example/demo}
facts: [Founded in 1999]
uses: [tags]
---
Hello {{ given_name }}, ...

A brief without a head may begin as mails do: with a line `Subject: ...`.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from storage.records import Brief
from tasks.rules.clean_text import LONGEST_LINE, many_lines, one_line
from tasks.rules.facts import ON_REQUEST
from tasks.rules.reachable import is_email

LONGEST = 64 * 1024
LONGEST_LINK = 2000
MOST_LINKS = 50
MOST_FACTS = 100

_HEAD = re.compile(r"\A---[ \t]*\n(.*?)(?:^|\n)---[ \t]*(?:\n|\Z)(.*)\Z", re.DOTALL | re.MULTILINE)
_SUBJECT = re.compile(r"\Asubject:[ \t]*([^\n]+)(?:\n|\Z)", re.IGNORECASE)
_KNOWN = ("subject", "language", "sender", "links", "facts", "uses")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class BriefError(Exception):
    """A brief cannot be understood. The text says where and what would do."""


def read_brief(text: str) -> Brief:
    if len(text) > LONGEST:
        raise BriefError(f"the brief has {len(text):,} characters, limit {LONGEST:,}: shorten it")
    head, body = _parts(many_lines(text))
    if not body:
        raise BriefError("the brief is empty: say what the mails are about, below the second ---")
    if unknown := [str(key) for key in head if key not in _KNOWN]:
        raise BriefError(f"the brief's head knows no {', '.join(unknown)!r}; known are {', '.join(_KNOWN)}")
    return Brief(
        text=body,
        subject=_line(head, "subject"),
        language=_language(_line(head, "language")),
        sender=_line(head, "sender"),
        links=_links(head.get("links")),
        facts=_lines(head.get("facts"), "facts", MOST_FACTS),
        uses=_uses(_lines(head.get("uses"), "uses", len(ON_REQUEST))),
    )


def check_links(links: Mapping[str, str]) -> None:
    """Refuse a link that a mail must not have."""
    if len(links) > MOST_LINKS:
        raise BriefError(f"{len(links)} links, limit {MOST_LINKS}")
    for key, url in links.items():
        if not _KEY.fullmatch(key):
            raise BriefError(f"links: {key[:50]!r} is no name for a link; write it like book_a_demo")
        if not _is_safe(url):
            raise BriefError(f"links: {key} must start with https:// or mailto: and be a whole address")


def _parts(text: str) -> tuple[Mapping[str, Any], str]:
    if not text.startswith("---"):
        begun = _SUBJECT.match(text)
        return ({"subject": begun[1]}, text[begun.end() :].strip()) if begun else ({}, text)
    match = _HEAD.match(text)
    if not match:
        raise BriefError("the brief's head has no end: close it with a line of ---")
    return _yaml(match[1]), match[2].strip()


def _yaml(text: str) -> Mapping[str, Any]:
    try:
        # Every scalar stays text: `no` is Norwegian, and a date is how it was written.
        head = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (makes no objects, only text, lists and mappings)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        raise BriefError(
            f"the brief's head is no YAML{where}: write lines such as `language: de`, and what has {{{{ }}}} in quotes"
        ) from None
    if head in (None, ""):
        return {}
    if not isinstance(head, dict):
        raise BriefError("the brief's head must be lines such as `language: de`")
    return head


def _line(head: Mapping[str, Any], name: str) -> str:
    value = head.get(name, "")
    if not isinstance(value, str):
        raise BriefError(f"{name}: write one line of text; put it in quotes if it has {{ }} or a colon")
    if len(value) > LONGEST_LINE:
        raise BriefError(f"{name}: {len(value)} characters, limit {LONGEST_LINE}")
    return one_line(value)


def _lines(value: Any, name: str, most: int) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value or []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BriefError(f"{name}: write a list of lines of text")
    if len(given) > most:
        raise BriefError(f"{name}: {len(given)} lines, limit {most}")
    return tuple(filter(None, (_line({name: one}, name) for one in given)))


def _language(language: str) -> str:
    if language and not _LANGUAGE.fullmatch(language):
        raise BriefError(f"language: {language[:20]!r} is no code of a language; write it like de or pt-BR")
    return language


def _links(value: Any) -> dict[str, str]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict) or not all(isinstance(url, str) for url in value.values()):
        raise BriefError("links: write one line a link, such as `demo: https://acme.example/demo`")
    links = {str(key): url.strip() for key, url in value.items()}
    check_links(links)
    return links


def _uses(uses: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [one for one in uses if one not in ON_REQUEST]:
        raise BriefError(f"uses: {unknown[0][:50]!r} is not among {', '.join(ON_REQUEST)}")
    return uses


def _is_safe(url: str) -> bool:
    if not url.isascii() or not url.isprintable() or len(url) > LONGEST_LINK or set(url) & set(" <>\"'`\\{}|^"):
        return False
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return is_email(unquote(parts.path)) and not re.search(r"%0[ad]", url, re.IGNORECASE)
    web = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return web and bool(parts.hostname) and port_fits and "@" not in parts.netloc
