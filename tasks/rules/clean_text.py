"""Text as people meant it: composed, without what cannot be seen, and on one line where one line is meant."""

import re
import unicodedata

LONGEST_LINE = 300  # of a mail: its subject, its greeting, and what a brief says of them

# Controls, soft hyphen, bidi marks and isolates, zero-width space, BOM, tags, Hangul fillers, lone surrogates.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0001\U000e0020-\U000e007f]+"
)
# Joiners shape words in Arabic, Persian and Indic scripts and glue emoji; anywhere else they only hide.
_JOINED = "\u0600-\u1cff\u2190-\u2bff\ufe0f\ua800-\uabff\ufb50-\ufdff\U0001f000-\U0001faff"
_VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_STRAY_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])(?<![{_VIRAMA}]\u200d)")
# Most of what is not ASCII: letters that stand for themselves, and nothing that hides.
_LATIN = re.compile("[ -~\xa1-\xac\xae-\u024f]*")
_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")


def one_line(text: str) -> str:
    """`text` for a field that has one line: line ends and runs of space become one space."""
    if "  " not in text and ((text.isascii() and text.isprintable()) or _LATIN.fullmatch(text)):
        return text.strip()
    return " ".join(_visible(" ".join(text.split())).split())


def many_lines(text: str) -> str:
    """`text` for a field of several lines: every kind of line end becomes a plain newline."""
    if (text.isascii() and text.isprintable()) or _LATIN.fullmatch(text):
        return text.strip()
    lines = _visible(_LINE_END.sub("\n", text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _visible(text: str) -> str:
    # Taking one character out can bring others together that compose or join, so go on until nothing moves.
    while True:
        seen = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", _UNSEEN.sub("", unicodedata.normalize("NFC", text))))
        if seen == text:
            return text
        text = seen
