"""Mails by what the checks have to say about them, as conditions and as a column."""

from sqlalchemy import Case, ColumnElement, case

from storage.records import BLOCKED_FROM, MailState, Risk
from storage.tables import campaign_emails as table

LEVEL: Case[str] = case(
    (table.c.risk >= BLOCKED_FROM, Risk.BLOCKED.value), (table.c.risk > 0, Risk.WARNED.value), else_=Risk.CLEAN.value
)
UNDECIDED: Case[str] = case(
    (table.c.risk >= BLOCKED_FROM, MailState.BLOCKED.value), else_=MailState.GENERATED.value
)  # where a mail stands before anybody decided about it


def of_risk(risk: Risk) -> ColumnElement[bool]:
    return {
        Risk.CLEAN: table.c.risk == 0,
        Risk.WARNED: table.c.risk.between(1, BLOCKED_FROM - 1),
        Risk.BLOCKED: table.c.risk >= BLOCKED_FROM,
    }[risk]
