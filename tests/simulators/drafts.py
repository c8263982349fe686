"""Drafts in a mailbox of Graph's: made, and sent."""

from typing import Any

from tests.simulators.mails import told

MESSAGES = "/me/messages"


def drafted(microsoft: Any, key: str = "k1", **more: Any) -> dict[str, Any]:
    answer = microsoft.ask("POST", MESSAGES, json=told(key, **more))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def send(microsoft: Any, draft: dict[str, Any], prefer: str = 'IdType="ImmutableId"') -> Any:
    return microsoft.ask("POST", f"{MESSAGES}/{draft['id']}/send", prefer=prefer)
