"""What should have been filled in and was not, and signs of programs where words should be."""

import re
from functools import cache

from storage.records import Finding
from tasks.rules.checks.reading import Reading, block
from tasks.rules.checks.words import words

_SYNTAX = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|#\}|\$\{|<%|%>|\[\[|\]\]|%%?[A-Z][A-Z0-9_]{2,}%%?|\$[A-Z][A-Z_]{2,}\b"
    r"|\{[A-Za-z_][\w .-]{0,40}\}|#\{|@\{|<\|[\w ]+\|>"
)
_MERGE_TAG = re.compile(r"\*\|\w+\|\*")
_FILLER = re.compile(
    r"\b(?:[Ll]orem ipsum|dolor sit amet|TODO|FIXME|TBD|TBA|XXX+|PLACEHOLDER|INSERT (?:NAME|COMPANY|HERE)|foo ?bar)\b"
    r"|\b(?:insert|enter|add) (?:your |the )?(?:name|company|link|date) here\b|_{4,}|\.{6,}",
)
_NOTHING = re.compile(r"(?<![\w'’])(?:undefined|None|null|NaN|NULL|nil|N/A|\[object Object\])(?![\w'’])(?=[\s,!:.)]|$)")


@cache
def _brackets() -> re.Pattern[str]:
    """What stands in brackets and speaks of what belongs there; `[1]` and `[sic]` do not."""
    said = "|".join(sorted(words("placeholders"), key=len, reverse=True))
    return re.compile(rf"[\[<(«‹＜【]\s*(?:{said})\b[^\]>)»›＞】\n]{{0,40}}[\]>»›＞】]", re.IGNORECASE)


def leftovers(reading: Reading) -> list[Finding]:
    # Markdown would take its stars for italics.
    raw = "\n".join(one.text for one in reading.letter.paragraphs)
    found = [match for match in [_MERGE_TAG.search(raw)] if match]
    found += [match for pattern in (_SYNTAX, _brackets(), _FILLER) if (match := pattern.search(reading.text))]
    if nothing := _NOTHING.search(f"{reading.subject}\n{reading.greeting}"):
        found.append(nothing)
    known = reading.ours.text
    return [block("placeholder", match[0]) for match in found if match.re is not _FILLER or match[0] not in known]
