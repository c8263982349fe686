"""What a prompt tells, read without knowing who wrote it: the JSON in it, searched by what its keys are called."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FIRST = ("first_name", "given_name", "given", "firstname")
WHOLE = ("name", "full_name", "display_name", "fullname")
COMPANY = ("company", "company_name", "organization", "organisation", "employer")
ROLE = ("job_title", "title", "role", "position")
PLACE = ("city", "town", "place")
LANGUAGE = ("language", "locale", "lang")
EMAIL = ("email", "address", "e_mail", "mail")
ORDERS = ("ignore", "disregard", "instruction", "system:", "you must", "click here", "forget")
"""Words by which a text within the facts gives orders; a good model neither obeys nor repeats it."""

_LANGUAGE = re.compile(r"\blanguage:\s*([a-z]{2})\b", re.IGNORECASE)
_TEXTS = ("text", "value", "fact", "content")


@dataclass(frozen=True, slots=True)
class Facts:
    data: Any
    leaves: tuple[tuple[str, str], ...]
    """Every text and the key that it stands under."""
    told: dict[str, Any]
    """The JSON in the instructions, by the words before it; it is the same for many."""
    language: str

    def named(self, *keys: str) -> str:
        """The first text under one of the keys; an earlier key goes before a later one."""
        found: dict[str, str] = {}
        for key, text in self.leaves:
            found.setdefault(key, text)
        return next((found[key] for key in keys if found.get(key)), "")

    @property
    def first_name(self) -> str:
        return self.named(*FIRST) or self.named(*WHOLE)

    def ids(self) -> dict[str, str]:
        """Whatever can be cited: by its id, or by the name it has under a key like `facts`."""
        return dict(_cited(self.data, under=""))

    def id_of(self, text: str) -> list[str]:
        """The id of the fact that says this; the shortest, for it says little else."""
        saying = [(len(told), name) for name, told in self.ids().items() if text and text in told]
        return [min(saying)[1]] if saying else []

    def links(self) -> list[str]:
        return list(_links([self.data, self.told]))

    def about_us(self) -> dict[str, str]:
        return dict(_cited(self.told, under=""))

    def records(self) -> list[dict[str, Any]]:
        """Descriptions of somebody, to be compared: what stands side by side and tells of the same things."""
        values = list(self.data.values()) if isinstance(self.data, dict) else self.data
        return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def read(prompt: str, instructions: str = "") -> Facts:
    data: Any = next(iter(_within(prompt).values()), {})
    leaves = tuple(_leaves(data))
    named = _LANGUAGE.search(instructions)
    language = next((text for key, text in leaves if key in LANGUAGE), named[1] if named else "")
    return Facts(data, leaves, _within(instructions), language[:2].casefold())


def _within(text: str) -> dict[str, Any]:
    """Each JSON object or list within a text, by what is written before it."""
    found: dict[str, Any] = {}
    decoder, at = json.JSONDecoder(), 0
    while (opening := re.search(r"[{\[]", text[at:])) is not None:
        start = at + opening.start()
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            at = start + 1
            continue
        found[text[:start].strip().rpartition("\n")[2].casefold() or f"part {len(found)}"] = value
        at = end
    return found


def _leaves(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, str(name).casefold())
        if isinstance(node.get("id"), str):  # {"id": "company", "value": "Contoso"} says what {"company": …} does
            yield from ((node["id"].casefold(), node[name]) for name in _TEXTS if isinstance(node.get(name), str))
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, key)
    elif isinstance(node, str | int | float) and not isinstance(node, bool):
        yield key, str(node)


def _cited(node: Any, under: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        text = next((node[name] for name in _TEXTS if isinstance(node.get(name), str)), None)
        if isinstance(node.get("id"), str) and text is not None:
            yield node["id"], text
            return
        for name, value in node.items():
            if "fact" in under and isinstance(value, str):
                yield str(name), value
            else:
                yield from _cited(value, str(name).casefold())
    elif isinstance(node, list):
        for value in node:
            yield from _cited(value, under)


def _links(node: Any, under: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if "link" in under and isinstance(value, str) and name not in ("url", "label", "text"):
                yield value if name in ("key", "id") else str(name)
            else:
                yield from _links(value, str(name).casefold())
    elif isinstance(node, list):
        for value in node:
            if "link" in under and isinstance(value, str):
                yield value
            else:
                yield from _links(value, under)
