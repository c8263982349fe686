"""How mails leave by SMTP: over as many lines as the relay takes, each mail's moment put down before its final dot.

A relay cannot be asked afterwards. What was put down as handed over and got no answer is `unknown`, and waits for a
person; it is never sent again by itself. What all lines have to say at one moment is one transaction.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from storage.campaign import mailboxes, outbox
from storage.campaign.claims import Claim
from storage.records import MailState
from tasks.campaign.claiming import Pause, Taken, take
from tasks.campaign.journal import Journal
from tasks.campaign.posting import Post, keep_quiet
from tasks.providers.base import ProviderError
from tasks.providers.mail.mailer import Busy, Lost, Refused
from tasks.providers.mail.smtp import Line, Relay
from tasks.providers.mail.smtp_envelope import envelope_of
from tasks.providers.mail.smtp_refusals import BadLogin, Closing, NoLine, NotNow

LINES = 48  # at most: Postfix takes 50 from one client; who takes fewer is given no more than these
BATCH = 256
SOON = 1.0  # seconds in which what is in hand should leave: it asks no more whether somebody still wants it
PATIENT = 4  # a server that closes the line says so of itself; only after many times it is the mail
LONGEST_WAIT = timedelta(hours=1)
MAY_HAVE_LEFT = "the mail server did not answer: it may have left; ask the recipient, or the server's log"


@dataclass(slots=True)
class Relaying:
    """One worker's lines to the relay; they share one supply of claimed mails."""

    post: Post
    relay: Relay
    look: Callable[[], None] = lambda: None
    journal: Journal = field(init=False)
    supply: deque[Claim] = field(default_factory=deque)
    stopped: Pause | None = None
    lines: int = 0
    most_lines: int = 1
    most: int = 16
    taken_at: float = 0.0

    def __post_init__(self) -> None:
        self.journal = Journal(self.post)

    async def run(self) -> Pause | None:
        """Until nothing is left, or nothing can leave for a while."""
        while True:
            # Asked when no line has a mail in its hands: what these hold would look like something to wait for.
            taken = self._more()
            if not taken.claims:
                return taken.pause
            self.supply.extend(taken.claims)
            if (stopped := await self._work()) is not None:
                return stopped

    async def _work(self) -> Pause | None:
        self.stopped, self.lines = None, 0
        self.most_lines = 1 if self.post.limits.interval else LINES
        try:
            async with asyncio.TaskGroup() as group:
                self._add_line(group)
        except BaseExceptionGroup as troubles:
            raise troubles.exceptions[0] from None  # one line's trouble has ended the others
        finally:
            try:
                self.journal.close()  # first: what has left must be put down, whatever becomes of the rest
            finally:
                self._give_back(list(self.supply))
                self.supply.clear()
        return self.stopped

    def _add_line(self, group: asyncio.TaskGroup) -> None:
        if self.lines < self.most_lines:
            self.lines += 1
            group.create_task(self._serve(group))

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        """A line that has carried a mail brings one more with it: a relay that takes none is asked once."""
        async with Line(self.relay) as line:
            while (claim := self._next()) is not None and await self._carry(line, claim):
                self._add_line(group)
        self.lines -= 1

    def _next(self) -> Claim | None:
        if not self.supply and self.stopped is None:
            self.supply.extend(self._more().claims)
        return self.supply.popleft() if self.supply else None

    def _more(self) -> Taken:
        self.look()
        began, self.taken_at = self.taken_at, self.post.chance.clock()
        self.most = min(BATCH, self.most * 2) if self.taken_at - began < SOON else max(1, self.most // 2)
        return take(self.post, most=1 if self.post.limits.interval else self.most)

    async def _carry(self, line: Line, claim: Claim) -> bool:
        """False where the relay takes no further line: those that stand carry the mail."""
        if claim.submitted_at:  # a process died over it
            self.journal.settle(claim, MailState.UNKNOWN, MAY_HAVE_LEFT)
            return True
        try:
            await self._turn()
            await line.offer(envelope_of(claim.content))
        except asyncio.CancelledError:  # another line's trouble ends this one too
            self._give_back([claim])
            raise
        except ProviderError as trouble:
            if isinstance(trouble, NoLine) and self.lines > 1:
                self.most_lines = self.lines - 1
                self._give_back([claim])
                return False
            await self._not_sent(claim, trouble)
            return True
        if await self.journal.submit(claim):
            await self._hand_over(line, claim)
        else:
            line.close()  # the server waits for the mail
        return True

    async def _hand_over(self, line: Line, claim: Claim) -> None:
        try:
            await line.hand_over(claim.content, self.post.chance.clock())
        except Lost:
            self.journal.settle(claim, MailState.UNKNOWN, MAY_HAVE_LEFT)
        except ProviderError as trouble:
            await self._not_sent(claim, trouble)
        else:
            self.journal.settle(claim, MailState.SENT)

    async def _turn(self) -> None:
        if not self.post.limits.interval:
            return
        post, moment = self.post, self.post.now()
        with post.store.begin() as session:
            turn = mailboxes.take_turn(session, post.scope, post.mailbox, moment=moment, interval=post.limits.interval)
        await post.chance.sleep(max(0.0, (turn - moment).total_seconds()))

    async def _not_sent(self, claim: Claim, trouble: ProviderError) -> None:
        """It has certainly not left: refused for good, or to be tried again."""
        its_own = isinstance(trouble, NotNow | Lost | Closing)
        if isinstance(trouble, Refused) or (its_own and claim.put_off + 1 >= self._most_tries(trouble)):
            self.journal.settle(claim, MailState.FAILED, str(trouble))
            return
        self._give_back([claim], _wait(claim, trouble) if its_own else timedelta(), put_off=its_own)
        if isinstance(trouble, Busy):
            with self.post.store.begin() as session:
                keep_quiet(session, self.post, trouble)
            self._stop(Pause(self.post.now() + timedelta(seconds=trouble.wait), str(trouble)))
        if isinstance(trouble, BadLogin):
            raise trouble

    def _most_tries(self, trouble: ProviderError) -> int:
        return self.post.terms.attempts * (PATIENT if isinstance(trouble, Closing) else 1)

    def _stop(self, why: Pause) -> None:
        """No line takes up another mail."""
        self.stopped = why
        self._give_back(list(self.supply))
        self.supply.clear()

    def _give_back(self, claims: Sequence[Claim], later: timedelta = timedelta(), *, put_off: bool = False) -> None:
        if claims:
            not_before = self.post.now() + later if later else None
            unsent = [one for one in claims if one.submitted_at is None]
            with self.post.store.begin() as session:
                outbox.give_back(session, self.post.scope, unsent, not_before=not_before, put_off=put_off)


def _wait(claim: Claim, trouble: ProviderError) -> timedelta:
    """Doubled from a minute on. A line that broke may have been idle for too long: the first time costs no wait."""
    doubled = claim.put_off - isinstance(trouble, Lost)
    return min(LONGEST_WAIT, timedelta(minutes=1 << doubled)) if doubled >= 0 else timedelta()
