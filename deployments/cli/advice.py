"""Suggestions of assistants, as shown to a reviewer."""

from typing import Any

from deployments.cli.terminal import table
from storage.records import Suggestion
from tasks.rules.wording import as_text


def advice_as_data(one: Suggestion) -> dict[str, Any]:
    return {
        "number": one.number or None, "advice": one.advice, "reason": one.reason, "by": one.suggested_by,
        "at": one.created_at,
    }  # fmt: skip


def tell_advice(advised: list[Suggestion]) -> None:
    """Print the suggestions. An assistant's text is untrusted: it is reduced to one line and shown with its author."""
    rows = [(one.number or "all", one.advice, as_text(one.reason), one.suggested_by) for one in advised]
    table("\nSuggestions, which decide nothing", ["about", "advice", "reason", "by"], rows, empty="")
