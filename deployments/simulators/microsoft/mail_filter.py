"""The part of OData's $filter that mail is looked up by."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from deployments.simulators.mail import mime
from deployments.simulators.mail.letterbox import Item, Letterbox
from deployments.simulators.microsoft import errors, mail_wording
from deployments.simulators.microsoft.asking import Answered
from deployments.simulators.microsoft.wording import moment

Test = Callable[[Item], bool]

_TEXT = r"'((?:[^']|'')*)'"
_PROPERTY = re.compile(
    rf"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+{_TEXT}\s+and\s+"
    rf"(?:\1/value\s+(?P<op>eq|ne)\s+{_TEXT}|(?P<call>contains|startswith)\(\s*\1/value\s*,\s*{_TEXT}\s*\))\s*\)",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+(?:{_TEXT}|([\w:.+-]+))", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_EXPANDED = re.compile(r"singleValueExtendedProperties\(\s*\$filter\s*=(.*)\)", re.IGNORECASE)
_ID = re.compile(rf"id\s+eq\s+{_TEXT}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """`keys` are those that can be meant at all, where an index knows them."""

    tests: tuple[Test, ...] = ()
    keys: tuple[str, ...] | None = None

    def among(self, box: Letterbox, folder: str) -> list[Item]:
        if self.keys is None:
            items = box.lying(folder)
        else:
            known = [item for key in self.keys if (item := box.seen(key))]
            items = [item for item in known if folder in ("", item.folder)]
        return [item for item in items if all(test(item) for test in self.tests)]


def read(text: str, box: Letterbox) -> Filter:
    tests: list[Test] = []
    keys: tuple[str, ...] | None = None
    rest = text.strip()
    while rest:
        property_, plain = _PROPERTY.match(rest), _PLAIN.match(rest)
        found = property_ or plain
        if found is None:
            raise _refused(text)
        if property_:
            tests.append(_property(property_))
            keys = _by_property(property_, box, keys)
        elif plain:
            tests.append(_field(plain, text))
            keys = _by_message_id(plain, box, keys)
        rest = rest[found.end() :]
        joint = _AND.match(rest)
        if rest.strip() and not joint:
            raise _refused(text)
        rest = rest[joint.end() :] if joint else ""
    return Filter(tuple(tests), keys)


def ordered(items: list[Item], wish: str) -> list[Item]:
    """By what $orderby names; the order stays where it names nothing."""
    for name, _, direction in reversed([one.strip().partition(" ") for one in wish.split(",") if one.strip()]):
        if name.lower() not in _READ:
            raise Answered(errors.graph(400, "ErrorInvalidUrlQuery", f"Cannot order by {name}."))
        items = sorted(items, key=_READ[name.lower()], reverse=direction.strip().lower() == "desc")
    return items


def expanded(text: str) -> tuple[str, ...]:
    """The extended properties that $expand names."""
    found = _EXPANDED.search(text)
    return tuple(_plain(name) for name in _ID.findall(found[1])) if found else ()


def _by_property(found: re.Match[str], box: Letterbox, keys: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if (found["op"] or "").lower() != "eq":
        return keys
    return tuple(box.values.get((_plain(found[2]), _value(found).lower()), {}))


def _value(found: re.Match[str]) -> str:
    return _plain(found[4] if found["op"] else found[6])


def _property(found: re.Match[str]) -> Test:
    """Names are case-sensitive, values are not."""
    name, wanted, how = _plain(found[2]), _value(found).lower(), (found["op"] or found["call"]).lower()
    compare: dict[str, Callable[[str], bool]] = {
        "eq": lambda value: value == wanted,
        "ne": lambda value: value != wanted,
        "contains": lambda value: wanted in value,
        "startswith": lambda value: value.startswith(wanted),
    }
    return lambda item: name in item.properties and compare[how](item.properties[name].lower())


def _by_message_id(found: re.Match[str], box: Letterbox, keys: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if (found[1].lower(), found[2].lower()) != ("internetmessageid", "eq"):
        return keys
    return tuple(box.message_ids.get(_plain(found[3] or ""), {}))


_READ: dict[str, Callable[[Item], str]] = {
    "internetmessageid": lambda item: item.message_id,
    "isdraft": lambda item: str(item.draft).lower(),
    "isread": lambda item: str(item.read).lower(),
    "receiveddatetime": lambda item: moment(item.submitted or item.created),
    "sentdatetime": lambda item: moment(item.submitted or item.created),
    "createddatetime": lambda item: moment(item.created),
    "lastmodifieddatetime": lambda item: moment(item.modified),
    "parentfolderid": lambda item: mail_wording.folder_id(item.folder),
    "subject": lambda item: mime.plain(mime.header(mime.headers(item.raw), "subject")),
    "conversationid": mail_wording.conversation_id,
    "from/emailaddress/address": lambda item: next(
        (address for _, address in mime.addresses(mime.headers(item.raw), "from")), ""
    ),
}
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
    "le": lambda left, right: left <= right,
    "lt": lambda left, right: left < right,
}


def _field(found: re.Match[str], text: str) -> Test:
    name = found[1].lower()
    if name not in _READ:
        raise _refused(text)
    wanted = _plain(found[3]) if found[3] is not None else found[4]
    return lambda item: _COMPARE[found[2].lower()](_READ[name](item), wanted)


def _plain(text: str) -> str:
    return text.replace("''", "'")


def _refused(text: str) -> Answered:
    return Answered(errors.graph(400, "ErrorInvalidUrlQueryFilter", f"The filter is not supported: {text}"))
