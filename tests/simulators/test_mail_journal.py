"""Laws: the journal tells the whole story, and a header is changed without touching anything else."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deployments.simulators.mail import mime, post
from deployments.simulators.mail.journal import Journal
from deployments.simulators.mail.letterbox import Item, Letterbox, Step
from deployments.simulators.mail.post import PostOffice
from tests.simulators.mails import written

WORDS = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


def draft(office: PostOffice, box: Letterbox, now: float) -> None:
    key = f"m{box.next_number()}"
    raw = written(key, to=f"bounce-hard.{key}@client.example")
    office.put(box, Item(key, "drafts", raw, f"<{key}@x>", key, ("bob@client.example",), now, now, draft=True), now)


def send(office: PostOffice, box: Letterbox, now: float) -> None:
    for item in [item for item in box.lying("drafts") if not item.submitted][:1]:
        left = post.delivery(box, item.raw, now, recipients=mime.recipients(mime.headers(item.raw)))
        office.carry(left, (box, Step("sent", item.key, now, now + box.rules.sent_late_s)))


def remove(office: PostOffice, box: Letterbox, now: float) -> None:
    for item in box.lying()[:1]:
        office.happen((box, Step("gone", item.key, now, now)))


def receive(office: PostOffice, box: Letterbox, now: float) -> None:
    office.receive(box, written(f"in{box.number}"), now, now + 3)


def slower(office: PostOffice, box: Letterbox, _now: float) -> None:
    office.set_rules(box, {"sent_late_s": box.rules.sent_late_s + 2, "incoming_late_s": 4.0})


ACTS: list[Callable[[PostOffice, Letterbox, float], None]] = [draft, draft, send, send, remove, receive, slower]


def state(office: PostOffice, now: float) -> Any:
    boxes = {name: asdict(office.box(box.provider, box.email, now)) for name, box in list(office.boxes.items())}
    return boxes, [asdict(mail) for mail in office.delivered]


@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["microsoft", "google"]), st.floats(0, 5)), max_size=25)
)
def test_what_is_recalled_is_what_was(acts: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as home:
        office, now = PostOffice(Journal(Path(home) / "mail.jsonl")), 100.0
        for act, provider, later in acts:
            now += later
            act(office, office.box(provider, "alice@contoso.example", now), now)
        office.journal.close()
        again = post.recall(Journal(Path(home) / "mail.jsonl"))
        for moment in (now, now + 1000):
            assert _without_trace(state(again, moment)) == _without_trace(state(office, moment))


def _without_trace(told: Any) -> Any:
    """A mailbox that was only looked at left no trace."""
    boxes, mails = told
    return {name: box for name, box in boxes.items() if box["number"] or box["rules"]["incoming_late_s"]}, mails


@given(
    st.lists(st.tuples(WORDS, WORDS), max_size=5),
    WORDS,
    WORDS,
    st.sampled_from([b"\r\n", b"\n"]),
    st.binary(max_size=40),
)
def test_one_header_changes_and_nothing_else(
    fields: list[tuple[str, str]], name: str, text: str, end: bytes, body: bytes
) -> None:
    fields = [(f"X-{field.replace(':', '')}z", value) for field, value in fields]
    name = f"X-{name.replace(':', '')}z"
    raw = end.join([*[f"{field}: {value}".encode() for field, value in fields], b"Last: one"]) + end * 2 + body
    changed = mime.with_header(raw, name, text)
    before = [field for field in mime.headers(raw) if field[0].lower() != name.lower()]
    after = mime.headers(changed)
    assert [field for field in after if field[0].lower() != name.lower()] == before
    assert [value for field, value in after if field.lower() == name.lower()] == [text]
    assert changed.endswith(end * 2 + body)


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_headers_are_read_as_the_standard_library_reads_them(words: list[str]) -> None:
    raw = (
        f"Subject: {words[0]}\r\nX-Long: {chr(13) + chr(10) + ' '}".encode()
        + "\r\n ".join(words).encode()
        + b"\r\n\r\nbody"
    )
    known = message_from_bytes(raw, policy=policy.compat32)
    read = dict(mime.headers(raw))
    assert read["Subject"] == known["Subject"].strip()
    assert read["X-Long"].split() == known["X-Long"].split()
