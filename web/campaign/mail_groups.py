"""The audience of a campaign in groups: before the decision by what needs review, afterwards by outcome."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.records import CampaignStatus, MailState, Risk
from web.counted import Counted, counted_in

Levels = Mapping[tuple[MailState, Risk], int]

DRAFTS = (MailState.GENERATED, MailState.BLOCKED, MailState.APPROVED, MailState.REJECTED)
UNSEEN = (MailState.GENERATED, MailState.BLOCKED)
REACHED = (MailState.SENT, MailState.REPLIED, MailState.BOUNCED)
ENDED = (*REACHED, MailState.FAILED, MailState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Group:
    """`kind` determines its colour on the page."""

    key: str
    title: str
    about: str
    states: tuple[MailState, ...]
    kind: str = "skip"
    risk: Risk | None = None

    @property
    def is_decidable(self) -> bool:
        return self.risk is not None

    def holds(self, state: MailState, risk: Risk) -> bool:
        return state in self.states and self.risk in {None, risk}


EXCLUDED = Group("excluded", "Not written to", "Left out from the start, each with its reason.", (MailState.EXCLUDED,))
UNWRITTEN = Group("unwritten", "Could not be written", "Each says why.", (MailState.FAILED,), "removed")
ANEW = Group("anew", "Being written", "They appear among the others when they are checked.", (MailState.PENDING,),
             "update")  # fmt: skip
IN_REVIEW = (
    Group("blocked", "Blocked", "A check forbids these: edit them, or leave them out.",
          DRAFTS, "removed", Risk.BLOCKED),
    Group("warned", "Worth a look", "A check has something to say about these.", DRAFTS, "conflict", Risk.WARNED),
    Group("clean", "Nothing to remark", "All checks passed.", DRAFTS, "create", Risk.CLEAN),
    ANEW,
    UNWRITTEN,
    Group("approved", "Approved", "They leave when the campaign is approved.", (MailState.APPROVED,), "create"),
    Group("left", "Left out", "They are not sent.", (MailState.REJECTED,)),
    EXCLUDED,
)  # fmt: skip
AT_WORK = (
    Group("unknown", "Not known", "They may have left: look in the mailbox. They are never sent again by themselves.",
          (MailState.UNKNOWN,), "conflict"),
    Group("failed", "Failed", "They did not leave, for certain: each says why.", (MailState.FAILED,), "removed"),
    Group("bounced", "Came back", "The address did not take them.", (MailState.BOUNCED,), "removed"),
    Group("replied", "Answered", "Somebody wrote back.", (MailState.REPLIED,), "maybe"),
    ANEW,
    Group("written", "Written", "They are checked next.", (MailState.GENERATED,), "update"),
    Group("sending", "On their way", "Being handed over at this moment.", (MailState.SENDING,), "update"),
    Group("queued", "Wait to leave", "Approved; they leave one after the other.", (MailState.APPROVED,), "update"),
    Group("sent", "Sent", "The mailbox took them.", (MailState.SENT,), "create"),
    Group("left", "Left out", "They were not sent.", (MailState.REJECTED,)),
    Group("blocked", "Blocked", "A check forbade these.", (MailState.BLOCKED,), "removed"),
    EXCLUDED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """The effect of approving, in mails, and the progress of sending."""

    approve: int
    leave: int
    unseen: int
    anew: int
    unwritten: int
    written: int
    ended: int
    to_leave: int

    @property
    def to_write(self) -> int:
        return self.written + self.unwritten + self.anew

    @property
    def share(self) -> int:
        """In per cent."""
        return 100 * self.ended // max(1, self.ended + self.to_leave)


def groups_of(status: CampaignStatus) -> tuple[Group, ...]:
    return IN_REVIEW if status is CampaignStatus.REVIEW else AT_WORK


def counted(levels: Levels, groups: tuple[Group, ...]) -> list[Counted[Group]]:
    return counted_in(groups, lambda group: _sum(levels, group), lambda group: _waiting(levels, group))


def tally(levels: Levels) -> Tally:
    def of(*states: MailState) -> int:
        return sum(number for (state, _), number in levels.items() if state in states)

    return Tally(
        approve=of(MailState.GENERATED, MailState.APPROVED),
        leave=of(MailState.REJECTED, MailState.BLOCKED),
        unseen=of(*UNSEEN),
        anew=of(MailState.PENDING),
        unwritten=of(MailState.FAILED),
        written=of(MailState.GENERATED, MailState.BLOCKED),
        ended=of(*ENDED),
        to_leave=of(MailState.APPROVED, MailState.SENDING),
    )


def without_remark(levels: Levels) -> int:
    """The mails sent by "approve safe": those without a remark, and those that somebody approved."""
    return sum(
        number
        for (state, risk), number in levels.items()
        if state is MailState.APPROVED or (state is MailState.GENERATED and risk is Risk.CLEAN)
    )


def _sum(levels: Levels, group: Group) -> int:
    return sum(number for (state, risk), number in levels.items() if group.holds(state, risk))


def _waiting(levels: Levels, group: Group) -> int:
    return sum(number for (state, risk), number in levels.items() if state in UNSEEN and group.holds(state, risk))
