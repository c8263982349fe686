"""A letter made into what is sent: one structure, shown as text and as HTML, with footer, opt-out and counted links.

The two final forms are bytes that depend on the envelope alone (`mime.py`, `graph.py`): they can be approved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import nh3

from storage.records import Attachment, Letter, Recipient
from tasks.rules.letters.layout import filled, unsubscribe_word
from tasks.rules.letters.markup import as_html, as_text, readable

LARGEST_ATTACHMENTS = 2_500_000  # Graph takes four megabytes of JSON, and base64 makes four bytes of three

_CLEANER = nh3.Cleaner(
    tags={"p", "br", "strong", "em", "a"},
    attributes={"a": {"href"}},
    url_schemes={"https", "http", "mailto"},
    link_rel=None,
)


class CannotRender(Exception):
    """A mail cannot be made of this. The text says what to change."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all mails of a campaign share. `links` is the allow-list, key → address."""

    sender: str
    postal_address: str
    sender_name: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    unsubscribe_mailto: str = ""


@dataclass(frozen=True, slots=True)
class Routes:
    """Where this one mail's links lead. Without counting, `open` and `links` are empty and links lead straight on."""

    unsubscribe: str
    open: str = ""
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as it leaves. `key` tells it from all others, and makes its Message-ID and its boundaries."""

    key: str
    sender: str
    sender_name: str
    to: str
    to_name: str
    subject: str
    text: str
    html: str
    unsubscribe: str
    unsubscribe_mailto: str = ""
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()


def envelope(letter: Letter, recipient: Recipient, frame: Frame, routes: Routes, key: str) -> Envelope:
    return Envelope(
        key=key,
        sender=frame.sender,
        sender_name=frame.sender_name,
        to=recipient.address,
        to_name=recipient.name,
        subject=letter.subject,
        text=text_of(letter, frame, routes),
        html=html_of(letter, frame, routes),
        unsubscribe=routes.unsubscribe,
        unsubscribe_mailto=frame.unsubscribe_mailto,
        reply_to=frame.reply_to,
        attachments=frame.attachments,
    )


def text_of(letter: Letter, frame: Frame, routes: Routes) -> str:
    blocks = [as_text(block, frame.links) for block in _blocks(letter)]
    if letter.cta_key:
        blocks.append(f"{label_of(letter.cta_key)}: {readable(_address(letter.cta_key, frame.links))}")
    footer = f"-- \n{frame.postal_address}\n{unsubscribe_word(letter.language)}: {routes.unsubscribe}"
    return "\n\n".join([*blocks, footer]) + "\n"


def html_of(letter: Letter, frame: Frame, routes: Routes) -> str:
    leading = {**frame.links, **routes.links}
    blocks = (as_html(block, leading, frame.links).replace("\n", "<br>") for block in _blocks(letter))
    button = {}
    if letter.cta_key:
        address = _address(letter.cta_key, leading)
        button = {"address": escape(address), "label": escape(label_of(letter.cta_key))}
    return filled(
        _CLEANER.clean("".join(f"<p>{block}</p>" for block in blocks)),
        button,
        language=escape(letter.language or "en"),
        title=escape(letter.subject),
        preheader=escape(letter.preheader),
        postal=escape(frame.postal_address).replace("\n", "<br>"),
        optout=escape(routes.unsubscribe),
        unsubscribe=escape(unsubscribe_word(letter.language)),
        pixel=f'<img src="{escape(routes.open)}" width="1" height="1" alt="">' if routes.open else "",
    )


def label_of(key: str) -> str:
    """What stands on the button: `book_a_demo` is "Book a demo"."""
    words = key.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def _blocks(letter: Letter) -> list[str]:
    return [block for block in (letter.greeting, *(one.text for one in letter.paragraphs)) if block]


def _address(key: str, links: Mapping[str, str]) -> str:
    try:
        return links[key]
    except KeyError:
        raise CannotRender(f"the button's link {key[:40]!r} is not among the campaign's links") from None
