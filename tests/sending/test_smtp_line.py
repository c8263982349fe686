"""A line to a mail server, whatever that says and wherever it breaks: before the final dot nothing was sent."""

from collections.abc import Awaitable

import pytest

from tasks.providers.base import ProviderError
from tasks.providers.mail.mailer import Busy, Lost, Refused
from tasks.providers.mail.smtp import Line
from tasks.providers.mail.smtp_envelope import Envelope, envelope_of
from tasks.providers.mail.smtp_refusals import Closing, NotNow
from tests.sending.letters import mime_mail
from tests.sending.scripted_server import HANG_UP, USUAL, Script, scripted

MAIL = mime_mail("m1", "ann@acme.example", "bob@x.example")
TO_BOB, TO_TWO = envelope_of(MAIL), Envelope("ann@acme.example", ("bob@x.example", "eve@x.example"))
ALONE = b"250 here\r\n"  # to EHLO: it takes one command at a time
ORDER = ("MAIL", "RCPT", "DATA")
NOBODY, LATER = b"550 5.1.1 Nobody\r\n", b"451 4.2.1 Later\r\n"


async def refusal(said: Awaitable[None]) -> type[ProviderError]:
    with pytest.raises(ProviderError) as caught:
        await said
    return caught.type


async def send(line: Line, envelope: Envelope = TO_BOB) -> None:
    await line.offer(envelope)
    await line.hand_over(MAIL, 0)


def commands(script: Script) -> list[list[bytes]]:
    """What came in at once, by its verbs."""
    chunks = [chunk for chunk in script.heard if chunk[:4] in {b"MAIL", b"RCPT", b"DATA", b"RSET"}]
    return [[line[:4] for line in chunk.splitlines()] for chunk in chunks]


async def test_a_server_that_takes_groups_hears_all_about_a_mail_at_once() -> None:
    async with scripted() as script, Line(script.relay) as line:
        await send(line)
        await send(line, TO_TWO)
    assert commands(script) == [[b"MAIL", b"RCPT", b"DATA"], [b"MAIL", b"RCPT", b"RCPT", b"DATA"]]
    assert (len(script.taken), script.lines) == (2, 1)


async def test_a_server_that_does_not_hears_one_command_at_a_time() -> None:
    async with scripted(EHLO=ALONE) as script, Line(script.relay) as line:
        await send(line)
    assert commands(script) == [[b"MAIL"], [b"RCPT"], [b"DATA"]]
    assert len(script.taken) == 1


async def test_a_reply_may_have_many_lines() -> None:
    async with scripted(MAIL=b"250-2.1.0 Ok,\r\n250-and\r\n250 so on\r\n", DOT=b"250-\r\n250\r\n") as script:
        async with Line(script.relay) as line:
            await send(line)
        assert len(script.taken) == 1


@pytest.mark.parametrize("ehlo", [b"250-here\r\n250 PIPELINING\r\n", ALONE], ids=["groups", "one by one"])
@pytest.mark.parametrize(
    ("verb", "reply", "kind"),
    [
        ("MAIL", LATER, Busy), ("MAIL", NOBODY, Refused), ("RCPT", LATER, NotNow), ("RCPT", NOBODY, Refused),
        ("DATA", LATER, NotNow), ("DATA", NOBODY, Refused),
    ],
)  # fmt: skip
async def test_after_a_refusal_the_line_is_used_for_the_next_mail(
    ehlo: bytes, verb: str, reply: bytes, kind: type[ProviderError]
) -> None:
    """Once a server refused a mail, it refuses what is said of that mail after it."""
    behind = ORDER[ORDER.index(verb) + 1 :] if b"PIPELINING" in ehlo else ()
    says = {name: [b"503 Bad sequence\r\n", USUAL[name.encode()]] for name in behind}
    says[verb] = [reply, USUAL[verb.encode()]]
    async with scripted(EHLO=ehlo, **says) as script, Line(script.relay) as line:
        assert await refusal(line.offer(TO_BOB)) is kind
        await send(line)
    assert (len(script.taken), script.lines, script.said[b"RSET"]) == (1, 1, 1)


@pytest.mark.parametrize("envelope", [TO_BOB, TO_TWO], ids=["nobody is left", "one is left"])
async def test_a_server_that_wants_the_mail_of_a_refused_recipient_gets_no_dot(envelope: Envelope) -> None:
    async with scripted(RCPT=[NOBODY, b"250 Ok\r\n"]) as script, Line(script.relay) as line:
        assert await refusal(line.offer(envelope)) is Refused
        await send(line)
    assert (len(script.taken), script.lines) == (1, 2)
    assert b"Subject" in script.taken[0]


@pytest.mark.parametrize("verb", ORDER)
@pytest.mark.parametrize("ehlo", [b"250-here\r\n250 PIPELINING\r\n", ALONE], ids=["groups", "one by one"])
async def test_a_line_that_breaks_before_the_dot_has_sent_nothing(ehlo: bytes, verb: str) -> None:
    async with scripted(EHLO=ehlo, **{verb: [HANG_UP, USUAL[verb.encode()]]}) as script, Line(script.relay) as line:
        assert await refusal(line.offer(TO_BOB)) is Lost
        assert script.taken == []
        await send(line)
    assert (len(script.taken), script.lines) == (1, 2)


@pytest.mark.parametrize("verb", [*ORDER, "DOT"])
async def test_a_server_that_closes_says_so_and_is_left_alone_for_a_while(verb: str) -> None:
    async with scripted(**{verb: b"421 4.3.2 Going down\r\n"}) as script, Line(script.relay) as line:
        assert await refusal(send(line)) is (Busy if verb == "MAIL" else Closing)
    assert script.taken == []


@pytest.mark.parametrize("reply", [HANG_UP, b"25", b"what?\r\n", b"999 Ok\r\n"])
async def test_without_an_answer_to_the_dot_a_mail_may_have_left(reply: bytes) -> None:
    async with scripted(DOT=reply) as script, Line(script.relay, last_reply=0.3) as line:
        await line.offer(TO_BOB)
        assert await refusal(line.hand_over(MAIL, 0)) is Lost


async def test_what_nobody_asked_for_is_no_answer_to_the_next_mail() -> None:
    async with scripted(DOT=[b"250 Ok\r\n250 Ok\r\n", b"554 No\r\n"]) as script, Line(script.relay) as line:
        await send(line)
        assert await refusal(send(line)) is Refused
    assert (len(script.taken), script.lines) == (1, 2)


async def test_an_endless_reply_is_not_listened_to_for_ever() -> None:
    async with scripted(MAIL=b"250-" + b"x" * 100_000) as script, Line(script.relay) as line:
        assert await refusal(line.offer(TO_BOB)) is Lost


async def test_a_reply_of_many_long_lines_is_not_kept_in_memory() -> None:
    long = b"250-" + b"x" * 1000 + b"\r\n"
    async with scripted(MAIL=long * 200 + b"250 Ok\r\n") as script, Line(script.relay) as line:
        assert await refusal(line.offer(TO_BOB)) is Lost


async def test_a_mail_that_is_offered_and_given_up_is_not_the_envelope_of_the_next() -> None:
    async with scripted() as script, Line(script.relay) as line:
        await line.offer(TO_BOB)
        line.close()
        await send(line)
    assert (len(script.taken), script.lines) == (1, 2)


@pytest.mark.parametrize("odd", ["a b@x.example", "a>b@x.example", "a\x00@x.example"])
async def test_an_address_that_would_say_more_than_an_address_goes_nowhere(odd: str) -> None:
    with pytest.raises(Refused):
        envelope_of(mime_mail("m1", "ann@acme.example", f'"{odd}"'))
