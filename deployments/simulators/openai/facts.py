"""What a prompt tells, read without knowing who wrote it: the first JSON in it, searched by what keys are called."""

import json
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
_TEXTS = ("text", "value", "fact", "content")


@dataclass(frozen=True, slots=True)
class Facts:
    data: Any
    leaves: tuple[tuple[str, str], ...]
    """Every text and the key that it stands under."""

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
        return list(_links(self.data))

    def records(self) -> list[dict[str, Any]]:
        """Descriptions of somebody, to be compared: what stands side by side and tells of the same things."""
        values = list(self.data.values()) if isinstance(self.data, dict) else self.data
        return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def read(prompt: str) -> Facts:
    decoder = json.JSONDecoder()
    for start, sign in enumerate(prompt):
        if sign in "{[":
            try:
                data, _ = decoder.raw_decode(prompt, start)
            except (ValueError, RecursionError):
                continue
            return Facts(data, tuple(_leaves(data)))
    return Facts({}, ())


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
