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
from tasks.campaign.putting_off import ending, is_its_own, wait
from tasks.providers.base import ProviderError
from tasks.providers.mail.mailer import Busy, Lost
from tasks.providers.mail.smtp import Line, Relay
from tasks.providers.mail.smtp_envelope import envelope_of
from tasks.providers.mail.smtp_refusals import BadLogin, NoLine

LINES = 48  # at most: Postfix takes 50 from one client; who takes fewer is given no more than these
BATCH = 256
SOON = 1.0  # seconds in which what is in hand should leave: it asks no more whether somebody still wants it
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
            await self._not_sent(claim, trouble, handed_over=trouble.status > 0)  # else the line had broken before
        else:
            self.journal.settle(claim, MailState.SENT)

    async def _turn(self) -> None:
        if not self.post.limits.interval:
            return
        post, moment = self.post, self.post.now()
        with post.store.begin() as session:
            turn = mailboxes.take_turn(session, post.scope, post.mailbox, moment=moment, interval=post.limits.interval)
        await post.chance.sleep(max(0.0, (turn - moment).total_seconds()))

    async def _not_sent(self, claim: Claim, trouble: ProviderError, *, handed_over: bool = False) -> None:
        """It was not taken: that was the end of it, or it is tried again."""
        if (end := ending(claim, trouble, handed_over=handed_over)) is not None:
            self.journal.settle(claim, end.state, end.reason)
        else:
            self._put_off(claim, trouble, handed_over=handed_over)
        if isinstance(trouble, Busy):
            with self.post.store.begin() as session:
                keep_quiet(session, self.post, trouble)
            self._stop(Pause(self.post.now() + timedelta(seconds=trouble.wait), str(trouble)))
        if isinstance(trouble, BadLogin):
            raise trouble

    def _put_off(self, claim: Claim, trouble: ProviderError, *, handed_over: bool) -> None:
        if is_its_own(trouble):
            later = wait(claim, trouble, handed_over=handed_over)
            self._give_back([claim], later, put_off=True, handed_over=handed_over)
        else:
            self._give_back([claim])

    def _stop(self, why: Pause) -> None:
        """No line takes up another mail."""
        self.stopped = why
        self._give_back(list(self.supply))
        self.supply.clear()

    def _give_back(
        self,
        claims: Sequence[Claim],
        later: timedelta = timedelta(),
        *,
        put_off: bool = False,
        handed_over: bool = False,
    ) -> None:
        if claims:
            not_before = self.post.now() + later if later else None
            unsent = [one for one in claims if one.submitted_at is None]
            with self.post.store.begin() as session:
                outbox.give_back(
                    session, self.post.scope, unsent, not_before=not_before, put_off=put_off, handed_over=handed_over
                )
