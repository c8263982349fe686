"""Send one mail exactly once through a mailbox that keeps drafts, whatever crashes in between.

Create a draft that carries our key → commit its id and the time of submission → send the draft by its id → commit that
it was sent. After anything but a definite answer the service is asked what became of the draft. It is sent again only
if it is still a draft after longer than a mail can be in transit. If neither draft nor mail is found, the outcome is
`unknown` and left to a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from storage.campaign import campaigns, mailboxes, outbox
from storage.campaign.claims import Claim, Outcome
from storage.records import CampaignStatus, MailState
from tasks.campaign.posting import Post, keep_quiet
from tasks.providers.base import ProviderError, ShutOut
from tasks.providers.mail.mailer import Busy, Mailer, Refused, Standing, Whereabouts

NOWHERE = "it is neither among the drafts nor among the sent mails: look in the mailbox whether it left"


@dataclass(frozen=True, slots=True)
class Outgoing:
    post: Post
    mailer: Mailer

    async def carry(self, claim: Claim) -> None:
        """Bring a claimed mail to a final state, or release it in a state from which another worker can continue."""
        if claim.submitted_at:  # by a process that died, or that got no definite answer
            await self._clear_up(claim, looks=(0,))
            return
        found = await self._drafted(claim)
        if found is None:
            return
        if found.standing is Standing.SENT:
            self._end(claim, MailState.SENT, found=found)
        elif submitted := await self._submitted(claim, found):
            await self._send(submitted)

    async def _drafted(self, claim: Claim) -> Whereabouts | None:
        """A draft that was never submitted, found or created. None if that failed; the claim is dealt with then."""
        if claim.draft_id:
            return Whereabouts(Standing.DRAFT, claim.draft_id, claim.message_id, claim.thread_id)
        try:
            if claim.attempt > 1 and (found := await self.mailer.find(claim)).standing is not Standing.GONE:
                return found
            return await self.mailer.draft(claim)
        except Refused as refusal:
            self._end(claim, MailState.FAILED, str(refusal))
        except ShutOut:
            self._give_back([claim])
            raise
        except Busy as trouble:
            self._give_back([claim], wait=trouble.wait, hush=trouble)
        except ProviderError as trouble:
            self._try_later(claim, trouble)
        return None

    def _try_later(self, claim: Claim, trouble: ProviderError) -> None:
        """Retry creating the draft later. A draft whose reply was lost does no harm: only one is ever submitted."""
        tried = claim.put_off + 1
        if tried >= self.post.terms.attempts:
            self._end(claim, MailState.FAILED, f"{trouble}, {tried} times")
        else:
            self._give_back([claim], wait=2.0**tried, put_off=True)

    async def _submitted(self, claim: Claim, found: Whereabouts) -> Claim | None:
        """Wait for the mailbox's rate limit and commit the submission. None if the claim is lost or sending stopped."""
        known = {name: getattr(found, name) for name in ("draft_id", "message_id", "thread_id")}
        post, moment = self.post, self.post.now()
        with post.store.begin() as session:
            box = mailboxes.mailbox(session, post.scope, post.mailbox)
            if box.quiet_until and box.quiet_until > moment:
                outbox.give_back(session, post.scope, [claim], **known)
                return None
            turn = mailboxes.take_turn(session, post.scope, post.mailbox, moment=moment, interval=post.limits.interval)
            outbox.hold(session, post.scope, claim, until=turn + post.terms.hold, **known)
        await post.chance.sleep(max(0.0, (turn - moment).total_seconds()))
        at = post.now()
        with post.store.begin_durable() as session:
            if not campaigns.is_at(session, post.scope, post.campaign_id, CampaignStatus.SENDING):  # paused meanwhile
                outbox.give_back(session, post.scope, [claim])
                return None
            ours = outbox.submit(session, post.scope, [claim], at=at, until=at + post.terms.claim)
        return replace(claim, submitted_at=at, **known) if ours else None

    async def _send(self, claim: Claim) -> None:
        try:
            sent = await self.mailer.send(claim.draft_id)
        except Refused as refusal:
            # A draft that was submitted before may be refused because it was already sent: look before failing it.
            if claim.attempt == 1 or await self._standing(claim) is Standing.DRAFT:
                self._end(claim, MailState.FAILED, str(refusal))
            else:
                await self._clear_up(claim, looks=self.post.terms.looks)
        except ShutOut:
            self._hold(claim, self.post.now())
            raise
        except ProviderError as doubt:
            if isinstance(doubt, Busy):
                self._hush(doubt)
            await self._clear_up(claim, looks=self.post.terms.looks)
        else:
            self._end(claim, MailState.SENT, found=sent)

    async def _standing(self, claim: Claim) -> Standing | None:
        try:
            return (await self.mailer.look(claim)).standing
        except ShutOut:
            self._hold(claim, self.post.now())
            raise
        except ProviderError:
            return None

    async def _clear_up(self, claim: Claim, *, looks: Sequence[float]) -> None:
        """Look up a mail that may have been sent. If still unclear, hold it until it must have become visible."""
        found: Whereabouts | None = None
        for wait in looks:
            await self.post.chance.sleep(wait)
            try:
                found = await self.mailer.look(claim)
            except ShutOut:
                self._hold(claim, self.post.now())
                raise
            except ProviderError as trouble:
                wait_for = timedelta(seconds=trouble.wait if isinstance(trouble, Busy) else 0)
                self._hold(claim, self.post.now() + max(self.post.terms.again, wait_for))
                return
            if found.standing is Standing.SENT:
                self._end(claim, MailState.SENT, found=found)
                return
        self._after_grace(claim, found)

    def _after_grace(self, claim: Claim, found: Whereabouts | None) -> None:
        visible_at = (claim.submitted_at or self.post.now()) + self.post.terms.grace
        if self.post.now() < visible_at:
            self._hold(claim, visible_at)
        elif found and found.standing is Standing.DRAFT:
            self._give_back([claim])  # the next worker to claim it sends the same draft again
        else:
            self._end(claim, MailState.UNKNOWN, NOWHERE)

    def _end(self, claim: Claim, state: MailState, reason: str = "", found: Whereabouts | None = None) -> None:
        names = (found.message_id, found.thread_id) if found else ("", "")
        self.post.settle([Outcome(claim, state, reason, *names)])

    def _hold(self, claim: Claim, until: datetime) -> None:
        with self.post.store.begin() as session:
            outbox.hold(session, self.post.scope, claim, until=until)

    def _give_back(
        self, claims: Sequence[Claim], *, wait: float = 0, put_off: bool = False, hush: Busy | None = None
    ) -> None:
        later = self.post.now() + timedelta(seconds=wait) if wait else None
        with self.post.store.begin() as session:
            outbox.give_back(session, self.post.scope, claims, not_before=later, put_off=put_off)
            if hush:
                keep_quiet(session, self.post, hush)

    def _hush(self, trouble: Busy) -> None:
        with self.post.store.begin() as session:
            keep_quiet(session, self.post, trouble)
