"""The part of Gmail's search language that mail is looked up by."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from deployments.simulators.mail import mime
from deployments.simulators.mail.letterbox import Item, Letterbox

_WORD = re.compile(r'(-?)(?:(\w+):)?(?:"([^"]*)"|\(([^)]*)\)|(\S+))')
_BRACES = re.compile(r"\{([^}]*)\}")
Word = tuple[str, str, str]
"""Whether it is denied, the operator, the text."""

FOLDERS = {"sent": "sentitems", "inbox": "inbox", "drafts": "drafts", "draft": "drafts", "trash": "deleteditems"}
DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})$")


def found(box: Letterbox, query: str) -> list[Item]:
    """What the query finds, newest first; what was thrown away only if it asks for that."""
    wanted = _wanted(query)
    trash = any(name in {"in", "label"} and text in {"trash", "anywhere"} for one in wanted for _, name, text in one)
    return [
        item
        for item in _candidates(box, wanted)
        if (trash or item.folder != "deleteditems") and all(_any_fits(item, words) for words in wanted)
    ]


def _wanted(query: str) -> list[list[Word]]:
    """All of these, of each any one: what stands in braces, or has OR between."""
    flat = _BRACES.sub(lambda group: " OR ".join(word[0] for word in _WORD.finditer(group[1])), query)
    wanted: list[list[Word]] = []
    joined = False
    for minus, name, a, b, c in _WORD.findall(flat):
        word = (minus, name.lower(), a or b or c)
        if word == ("", "", "OR"):
            joined = True
        elif joined and wanted:
            wanted[-1].append(word)
            joined = False
        else:
            wanted.append([word])
    return wanted


def _any_fits(item: Item, words: list[Word]) -> bool:
    return any(_fits(item, name, text) is not bool(minus) for minus, name, text in words)


def _candidates(box: Letterbox, wanted: list[list[Word]]) -> list[Item]:
    for [(minus, name, text), *more] in wanted:
        if name == "rfc822msgid" and not minus and not more:
            known = box.message_ids.get(f"<{text.strip('<>')}>", {})
            return [item for key in known if (item := box.seen(key))]
    return box.lying()


def _fits(item: Item, name: str, text: str) -> bool:
    test = _TESTS.get(name)
    if test is None:
        return (f"{name}:{text}" if name else text).lower() in _haystack(item)
    return test(item, text)


def _haystack(item: Item) -> str:
    fields = mime.headers(item.raw)
    named = " ".join(mime.plain(mime.header(fields, name)) for name in ("subject", "from", "to"))
    return f"{named} {item.raw.decode('utf-8', 'replace')}".lower()


def _in_header(header: str) -> Callable[[Item, str], bool]:
    def test(item: Item, text: str) -> bool:
        return text.lower() in mime.plain(mime.header(mime.headers(item.raw), header)).lower()

    return test


def _lies(item: Item, text: str) -> bool:
    return text == "anywhere" or item.folder == FOLDERS.get(text.lower(), text)


def _moment(text: str) -> float:
    day = DAY.match(text)
    if day:
        return datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC).timestamp()
    return float(text) if text.isdecimal() else 0.0


def _at(item: Item) -> float:
    return item.submitted or item.created


_TESTS: dict[str, Callable[[Item, str], bool]] = {
    "rfc822msgid": lambda item, text: item.message_id.strip("<>") == text.strip("<>"),
    "in": _lies,
    "label": _lies,
    "is": lambda item, text: item.read is (text == "read") if text in {"read", "unread"} else False,
    "from": _in_header("from"),
    "to": _in_header("to"),
    "subject": _in_header("subject"),
    "after": lambda item, text: _at(item) >= _moment(text),
    "before": lambda item, text: _at(item) < _moment(text),
}
