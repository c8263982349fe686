"""The final bytes of a mail read back: what its recipient will see, for whoever must say yes to it."""

import json
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from html.parser import HTMLParser
from typing import Any

import nh3

STYLED = {"style", "align", "valign", "width", "height", "role", "lang", "dir", "cellpadding", "cellspacing", "border"}
_CLEANER = nh3.Cleaner(
    tags={"a", "b", "br", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p", "span", "strong", "table", "tbody",
          "td", "th", "thead", "tr", "u", "ul"},
    clean_content_tags={"script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math"},
    attributes={"*": STYLED, "a": {"href"}},
    attribute_filter=lambda _tag, name, value: "#" if name == "href" else value,
    link_rel=None,
)  # fmt: skip
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light">
<title>{title}</title></head><body style="margin:0">{body}</body></html>
"""


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """`text` is empty where the mail has no text version of its own, and its service makes one."""

    head: tuple[tuple[str, str], ...]
    html: str
    text: str
    source: str
    attachments: tuple[str, ...]

    @property
    def links(self) -> list[Link]:
        reader = _Links()
        reader.feed(self.html)
        return reader.found


def shown(content: bytes) -> Shown:
    return _of_graph(json.loads(content)) if content.startswith(b"{") else _of_mime(content)


def harmless(html: str, title: str) -> str:
    """A page of nothing but words and their look: no script, form or picture, and links that lead nowhere."""
    return _PAGE.format(title=escape(title), body=_CLEANER.clean(html))


def _of_mime(content: bytes) -> Shown:
    mail: EmailMessage = message_from_bytes(content, policy=policy.default)
    html, text = (mail.get_body((kind,)) for kind in ("html", "plain"))
    head = ((name, str(mail[name])) for name in ("From", "To", "Reply-To", "Subject") if mail[name])
    return Shown(
        tuple(head), html.get_content() if html else "", text.get_content() if text else "",
        content.decode(errors="replace"), tuple(str(one.get_filename()) for one in mail.iter_attachments()),
    )  # fmt: skip


def _of_graph(message: dict[str, Any]) -> Shown:
    to = ", ".join(_mailbox(one["emailAddress"]) for one in message["toRecipients"])
    attachments = message.pop("attachments", ())
    head = (("To", to), ("Subject", message["subject"]))
    source = json.dumps(message, ensure_ascii=False, indent=2)
    return Shown(head, message["body"]["content"], "", source, tuple(one["name"] for one in attachments))


def _mailbox(known: dict[str, str]) -> str:
    return f"{known['name']} <{known['address']}>" if known.get("name") else known["address"]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Link] = []
        self._address = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._address, self._words = dict(attrs).get("href") or "", []

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address:
            self.found.append(Link("".join(self._words).strip(), self._address))
            self._address = ""
