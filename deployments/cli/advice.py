"""What assistants advised, as a reviewer reads it."""

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
    """Print suggestions. An assistant's text is untrusted, so it is kept on one line and attributed."""
    rows = [(one.number or "all", one.advice, as_text(one.reason), one.suggested_by) for one in advised]
    table("\nSuggestions, which decide nothing", ["about", "advice", "reason", "by"], rows, empty="")
