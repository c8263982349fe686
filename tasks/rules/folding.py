"""Text made comparable: lower case, plain letters, no marks, one spelling for one sound."""

import re
from functools import lru_cache

from anyascii import anyascii

_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
# Most letters that are not plain are Latin with a mark: these are replaced in native code.
_LATIN = {code: anyascii(chr(code)) for code in range(0x80, 0x250)}
_UMLAUT = re.compile("([aou])e")
# Order matters: what stands first is rewritten first.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:iu|ju|yu)", "u"),
        (r"ph", "f"),
        (r"tsch|tch|sch|ch|cz|sh|zh", "s"),
        (r"ck|c|q|x|kh|g", "k"),
        (r"th|dt|d", "t"),
        (r"w|ou", "v"),
        (r"z", "s"),
        (r"[yj]", "i"),
        (r"(?<!^)[aeiouh]", ""),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """`Müller-Lüdenscheidt` and `MUELLER LUEDENSCHEIDT` come out the same; words are parted by one blank."""
    if not text:
        return ""
    plain = text if text.isascii() else text.translate(_LATIN)
    plain = plain if plain.isascii() else anyascii(plain)
    return _NOT_ALPHANUMERIC.sub(" ", plain.lower().replace("'", "")).strip()


@lru_cache(maxsize=200_000)
def fold_name(text: str) -> str:
    """As `fold`, and ae, oe, ue become a, o, u: a German umlaut is written either way."""
    return _UMLAUT.sub(r"\1", fold(text))


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """A coarse spelling of how a folded word sounds, so that Sergey, Sergei and Sergej meet in one block."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word
