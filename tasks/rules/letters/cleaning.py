"""A letter without what cannot be seen, whoever wrote it: lines that are lines, and lengths that a mail can have."""

from storage.records import Letter, Paragraph
from tasks.rules.clean_text import LONGEST_LINE, many_lines, one_line

MOST_PARAGRAPHS = 40
LONGEST_PARAGRAPH = 8000
LONGEST_CODE = 40


def cleaned(letter: Letter) -> Letter:
    paragraphs = (Paragraph(_block(one.text), tuple(map(_code, one.fact_ids))) for one in letter.paragraphs)
    return Letter(
        subject=_line(letter.subject),
        greeting=_line(letter.greeting),
        paragraphs=tuple(one for one in paragraphs if one.text)[:MOST_PARAGRAPHS],
        preheader=_line(letter.preheader),
        cta_key=_code(letter.cta_key),
        language=_code(letter.language),
        confidence=min(max(letter.confidence, 0.0), 1.0),
    )


def _line(text: str) -> str:
    return one_line(text)[:LONGEST_LINE].rstrip()


def _block(text: str) -> str:
    return many_lines(text)[:LONGEST_PARAGRAPH].rstrip()


def _code(text: str) -> str:
    return one_line(text)[:LONGEST_CODE]
