"""Decode the bytes of a file: by its byte order mark, as UTF-8, or else in the likeliest legacy encoding."""

import codecs
import re
from collections.abc import Callable

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The legacy encodings considered: only those that address books were ever written in.
_CANDIDATES = [
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r",
    "cp932", "gb18030", "big5", "cp949", "euc_jp",
]  # fmt: skip
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽž€–—‘’“”„…·°§ª º«»\xa0")  # noqa: RUF001 - exactly the characters to look for
_STRAY_BYTE = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_SAMPLE = 20_000
_MOSTLY = 0.6


def decoded(body: bytes) -> str:
    """`body` as text, without byte order mark and null bytes."""
    return unmarked(body).decode("utf-8", "replace").replace("\0", "")


def unmarked(body: bytes) -> bytes:
    """`body` re-encoded as UTF-8, without byte order mark; from a guessed encoding if it is not in UTF-8, 16 or 32."""
    wide = as_narrow(body)
    try:
        wide.decode("utf-8")
    except UnicodeDecodeError:
        return fallback(wide)(wide).encode("utf-8", "replace")
    return wide


def as_narrow(body: bytes) -> bytes:
    """Re-encode UTF-16 and UTF-32 as UTF-8; anything else is returned as it is. Strips the byte order mark."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return rest if encoding == "utf-8" else rest.decode(encoding, "replace").encode("utf-8", "replace")
    if encoding := _unmarked_utf_16(body[:_SAMPLE]):
        return body.decode(encoding, "replace").encode("utf-8", "replace")
    return body


def _unmarked_utf_16(sample: bytes) -> str:
    half = len(sample) // 2
    if half and sample[1::2].count(0) > half * _MOSTLY and not sample[0::2].count(0):
        return "utf-16-le"
    if half and sample[0::2].count(0) > half * _MOSTLY and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def fallback(body: bytes) -> Callable[[bytes], str]:
    """The decoder for a file that is not valid UTF-8, chosen by its content."""
    if _is_damaged_utf_8(body):
        return _mended
    sample = b"\n".join(line for line in body.splitlines() if not line.isascii())[:_SAMPLE]
    encoding = "cp1252" if _is_western(sample) else _guessed(sample)
    return lambda raw: raw.decode(encoding, "replace")


def _is_damaged_utf_8(body: bytes) -> bool:
    """True if valid multi-byte characters outnumber stray bytes: no other encoding looks like that."""
    text = body.decode("utf-8", "surrogateescape")
    stray = len(_STRAY_BYTE.findall(text))
    return sum(map(len, _NOT_ASCII.findall(text))) > 2 * stray


def _mended(raw: bytes) -> str:
    text = raw.decode("utf-8", "surrogateescape")
    return _STRAY_BYTE.sub(lambda match: bytes([ord(match[0]) - 0xDC00]).decode("cp1252", "replace"), text)


def _is_western(sample: bytes) -> bool:
    """True if as cp1252 it has only Western letters and signs, at most two in a row: other scripts give longer runs."""
    text = sample.decode("cp1252", "replace")
    high = [sign for sign in text if not sign.isascii()]
    runs = re.findall(r"[^\x00-\x7f]{3,}", text)
    return all(sign in _WESTERN for sign in high) and not runs


def _guessed(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best else "cp1252"
