"""Mails as senders hand them to the simulators."""

import base64
from typing import Any

KEY = "String {6f1b6a1e-7c5c-4a53-9d0e-2f7c51a4d0aa} Name sendKey"


def written(
    key: str, *, to: str = "bob@client.example", sender: str = "alice@contoso.example", text: str = "Hello"
) -> bytes:
    lines = [
        f"From: Alice <{sender}>", f"To: Bob <{to}>", f"Subject: About {key}", f"Message-ID: <{key}@ours.example>",
        f"X-Contactflow-Key: {key}", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", text, "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def told(key: str, *, to: str = "bob@client.example", **more: Any) -> dict[str, Any]:
    """A draft for Graph, in JSON."""
    return {
        "subject": f"About {key}",
        "body": {"contentType": "HTML", "content": "<p>Hello</p>"},
        "toRecipients": [{"emailAddress": {"name": "Bob", "address": to}}],
        "singleValueExtendedProperties": [{"id": KEY, "value": key}],
        **more,
    }


def by_key(key: str) -> str:
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{key}')"


def in_url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
