"""Send mails by SMTP over as many connections ("lines") as the relay accepts.

A submission is committed before the mail's final dot. A relay cannot be asked afterwards, so a mail that was submitted
and got no answer is `unknown`: it is left to a person and never sent again automatically. Submissions and outcomes of
all connections are committed in groups (see `journal`).
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

LINES = 48  # at most: Postfix accepts 50 from one client; reduced when a relay refuses a connection
BATCH = 256
SOON = 1.0  # seconds in which a batch should be sent: once claimed, it is sent in spite of a pause
MAY_HAVE_LEFT = "the mail server did not answer: it may have left; ask the recipient, or the server's log"


@dataclass(slots=True)
class Relaying:
    """One worker's connections to the relay, which share one supply of claimed mails."""

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
        """Send until nothing is left (None), or until nothing can be sent for a while."""
        while True:
            # Claimed here while no connection holds a mail: held mails would count as something to wait for.
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
            raise troubles.exceptions[0] from None  # the first error has cancelled the other connections
        finally:
            try:
                self.journal.close()  # first: outcomes must be committed, whatever fails after that
            finally:
                self._give_back(list(self.supply))
                self.supply.clear()
        return self.stopped

    def _add_line(self, group: asyncio.TaskGroup) -> None:
        if self.lines < self.most_lines:
            self.lines += 1
            group.create_task(self._serve(group))

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        """Each mail sent opens one more connection, so that a relay that refuses mail sees a single one."""
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
        """Send one mail. False if the relay refused this connection; the mail goes back to the others."""
        if claim.submitted_at:  # by a process that died before the answer was recorded
            self.journal.settle(claim, MailState.UNKNOWN, MAY_HAVE_LEFT)
            return True
        try:
            await self._turn()
            await line.offer(envelope_of(claim.content))
        except asyncio.CancelledError:  # because another connection failed
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
            line.close()  # the claim was lost, and the server still expects this mail
        return True

    async def _hand_over(self, line: Line, claim: Claim) -> None:
        try:
            await line.hand_over(claim.content, self.post.chance.clock())
        except Lost:
            self.journal.settle(claim, MailState.UNKNOWN, MAY_HAVE_LEFT)
        except ProviderError as trouble:
            await self._not_sent(claim, trouble, handed_over=trouble.status > 0)  # 0: it broke earlier
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
        """Record a refused mail: as failed or unknown for good, or to be retried."""
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
        """Make the connections end after their current mail."""
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
