"""Group commit for concurrent SMTP connections: what they record of their mails goes into shared transactions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from storage.campaign import outbox
from storage.campaign.claims import Claim, Outcome
from storage.records import MailState
from tasks.campaign.posting import Post

MOMENT = 0.002  # seconds a submission waits for others to share its transaction; halves their number
A_WHILE = 0.02  # seconds an outcome waits: by then its connection has the next submission to commit along with it


@dataclass(slots=True)
class Journal:
    """A submission is awaited, since it must be durable before the mail is handed over; an outcome is not."""

    post: Post
    submitted: list[Claim] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)
    written: asyncio.Future[set[str]] | None = None
    trouble: BaseException | None = None
    timer: asyncio.TimerHandle | None = None

    async def submit(self, claim: Claim) -> bool:
        """Record durably that the mail is about to be handed over. False if the claim was lost to another worker."""
        self.submitted.append(claim)
        return claim.mail_id in await asyncio.shield(self._written_within(MOMENT))

    def settle(self, claim: Claim, state: MailState, reason: str = "") -> None:
        self.ended.append(Outcome(claim, state, reason))
        self._written_within(A_WHILE)

    def write(self) -> None:
        """Commit everything gathered so far."""
        self._stop_timer()
        submitted, ended, written = self.submitted, self.ended, self.written
        self.submitted, self.ended, self.written = [], [], None
        if written is None:
            return
        try:
            written.set_result(self._put_down(submitted, ended))
        except BaseException as trouble:  # noqa: BLE001 (raised in the connections that wait, or in the next one)
            self.trouble = trouble
            written.set_exception(trouble)
            written.exception()  # marks it as retrieved: perhaps nobody awaits it

    def close(self) -> None:
        """Commit the rest. Raises the error of an earlier commit that failed."""
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
