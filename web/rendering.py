"""The Jinja environment: globals, filters for times and numbers, and URLs of static files."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tasks.rules.wording import as_text
from web.campaign.mail_words import CAMPAIGN_STATUSES, DECISIONS, MAIL_STATES, amount, duration, money
from web.words import ADVICE, CHOICES, DEEDS, FIELDS, KINDS, POLICIES, ROOMS, STATES, STATUSES, count_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEN = 10


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "text": as_text,
        "number": number,
        "moment": moment,
        "count_of": count_of,
        "sentence": sentence,
        "duration": duration,
        "money": money,
        "amount": amount,
        "percent": percent,
    }
    made.globals |= {
        "static": static, "ADVICE": ADVICE,
        "FIELDS": FIELDS, "KINDS": KINDS, "STATES": STATES, "STATUSES": STATUSES, "DEEDS": DEEDS,
        "ROOMS": ROOMS, "CHOICES": CHOICES, "POLICIES": POLICIES, "CAMPAIGN_STATUSES": CAMPAIGN_STATUSES,
        "MAIL_STATES": MAIL_STATES, "DECISIONS": DECISIONS,
    }  # fmt: skip
    return made


def number(value: int) -> str:
    return f"{value:,}"


def percent(value: float) -> str:
    """In whole per cent; below 10, except for 0, with one decimal."""
    return f"{value:.0f} %" if value >= TEN or not value else f"{value:.1f} %"


def sentence(text: str) -> str:
    """The first letter capitalised, the rest unchanged."""
    return text[:1].upper() + text[1:]


def moment(value: datetime | str | None, *, empty: str = "never") -> Any:
    """A <time> element in UTC, which the page's script converts to the reader's time zone; `empty` without a value."""
    if not value:
        return empty
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    shown = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), shown)


@lru_cache(maxsize=32)
def static(name: str) -> str:
    """A static file's URL, versioned by a hash of its content, so that browsers can cache it without expiry."""
    seal = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={seal}"
