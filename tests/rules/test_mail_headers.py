"""Headers are read as the library reads them, only sooner."""

from email.parser import HeaderParser

from hypothesis import given
from hypothesis import strategies as some

from tasks.rules.mail_headers import headers_of

NAMES = some.sampled_from(["From", "To", "to", "Subject", "X-Contactflow-Key", "Message-ID"])
WORDS = some.text(some.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
VALUES = some.lists(WORDS, min_size=1, max_size=4).flatmap(
    lambda words: some.sampled_from([" ", "\r\n ", "\r\n\t"]).map(lambda gap: gap.join(words))
)
ODD = some.sampled_from(["no header at all", "", "two words: here"])


@given(some.lists(some.tuples(NAMES, VALUES), min_size=1, max_size=6), ODD)
def test_whatever_the_headers_are_they_are_the_librarys(headers: list[tuple[str, str]], odd: str) -> None:
    head = "\r\n".join(f"{name}: {value}" for name, value in headers)
    content = f"{head}\r\n{odd}\r\nTo: eve@x.example\r\n\r\nFrom: nobody\r\n"
    unfolded = content.replace("\r\n ", " ").replace("\r\n\t", "\t")
    found = headers_of(content.encode())
    asked = HeaderParser().parsestr(unfolded)
    assert found == {name.lower(): asked.get_all(name) for name, _ in headers}
