"""The headers of a mail's bytes: letters outside ASCII as UTF-8, folded lines made one."""

import re
from email.message import Message
from email.parser import HeaderParser

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_END = re.compile(rb"\r?\n\r?\n")


def headers_of(content: bytes) -> Message:
    end = _END.search(content)
    head = content[: end.start()] if end else content
    return HeaderParser().parsestr(_FOLD.sub("", head.decode("utf-8", "replace")))
