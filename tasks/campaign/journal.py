"""What the lines to a relay put down of their mails, before and after: many at once, in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from storage.campaign import outbox
from storage.campaign.claims import Claim, Outcome
from storage.records import MailState
from tasks.campaign.posting import Post

MOMENT = 0.002  # seconds: other lines come along meanwhile, and half of the transactions are saved
A_WHILE = 0.02  # by then the line whose mail has left has another that wants its moment put down


@dataclass(slots=True)
class Journal:
    """How a mail ended is written together with the next one's moment: its line need not wait for that."""

    post: Post
    submitted: list[Claim] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)
    written: asyncio.Future[set[str]] | None = None
    trouble: BaseException | None = None
    timer: asyncio.TimerHandle | None = None

    async def submit(self, claim: Claim) -> bool:
        """True once it is put down that it may leave; False if it is no longer ours."""
        self.submitted.append(claim)
        return claim.mail_id in await asyncio.shield(self._written_within(MOMENT))

    def settle(self, claim: Claim, state: MailState, reason: str = "") -> None:
        self.ended.append(Outcome(claim, state, reason))
        self._written_within(A_WHILE)

    def write(self) -> None:
        """All that is gathered, now."""
        self._stop_timer()
        submitted, ended, written = self.submitted, self.ended, self.written
        self.submitted, self.ended, self.written = [], [], None
        if written is None:
            return
        try:
            written.set_result(self._put_down(submitted, ended))
        except BaseException as trouble:  # noqa: BLE001 (the lines get it: those that wait, or whichever comes next)
            self.trouble = trouble
            written.set_exception(trouble)
            written.exception()  # perhaps nobody waits for it

    def close(self) -> None:
        """All is written when the lines are done; or it is said why not."""
        self.write()
        if self.trouble:
            raise self.trouble

    def _written_within(self, seconds: float) -> "asyncio.Future[set[str]]":
        if self.trouble:
            raise self.trouble
        loop = asyncio.get_running_loop()
        self.written = self.written or loop.create_future()
        if self.timer is None or self.timer.when() > loop.time() + seconds:
            self._stop_timer()
            self.timer = loop.call_later(seconds, self.write)
        return self.written

    def _stop_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def _put_down(self, submitted: Sequence[Claim], ended: Sequence[Outcome]) -> set[str]:
        moment, post = self.post.now(), self.post
        ours: list[Claim] = []
        with post.store.begin_durable() as session:
            if ended:
                outbox.settle(session, post.scope, ended, actor=post.actor)
            if submitted:
                until = moment + post.terms.claim
                ours = outbox.submit(session, post.scope, submitted, at=moment, until=until)
        return {one.mail_id for one in ours}
