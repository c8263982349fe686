"""A letter, what stands around it, and what can be read of the mail that is made of them."""

from email.message import EmailMessage

from hypothesis import strategies as st

from storage.records import Letter, Paragraph, Recipient
from tasks.rules.letters import (
    Envelope,
    Frame,
    Routes,
    envelope,
)

LINKS = {"demo": "https://us.example/x?a=1&b=2", "m": "mailto:a@us.example"}
FRAME = Frame("me@us.example", "Us Ltd\nMain St 1", "Ann of Us", LINKS)
ROUTES = Routes("https://go.example/u/tok", "https://go.example/o/tok.gif", {"demo": "https://go.example/c/tok"})
LETTER = Letter(
    "Grüße", "Dear Ann,",
    (Paragraph("See **the** [new demo]({{link:demo}}), {{link:demo}} or {{link:m}}."), Paragraph("Yours")),
    "Come & see", "demo", "de",
)  # fmt: skip
ANN = Recipient("ann@x.org", "Ann Lee", {})
PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=80)


def made(letter: Letter = LETTER, recipient: Recipient = ANN, frame: Frame = FRAME, key: str = "0192") -> Envelope:
    return envelope(letter, recipient, frame, ROUTES, key)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")
