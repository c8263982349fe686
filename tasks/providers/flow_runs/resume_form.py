"""The form in Prefect that resumes a suspended run: few fields, with defaults that are always valid.

The form is only one of the ways to decide; what counts is the decision in our database when the run wakes.
"""

import copy
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from prefect import get_client
from prefect.context import FlowRunContext
from prefect.input import RunInput
from pydantic import Field, create_model

Form = TypeVar("Form", bound=RunInput)
SECOND = 2
MOST = 200


class Answer(RunInput):
    """No field may be None, since Prefect's UI renders such fields badly."""

    decision: Literal["approve", "approve_safe", "reject"]
    reviewer: str = Field(description="your e-mail address, as a user of the organization")
    comment: str = Field(default="", description="for the audit trail", max_length=2000)


def described(form: type[Form], text: str) -> type[Form]:
    """The form with a description. A subclass, since `with_initial_data` drops the fields' limits and descriptions."""
    with_text: Any = create_model(form.__name__, __base__=form)
    with_text.model_fields.update(copy.deepcopy(form.model_fields))
    with_text._description = text  # noqa: SLF001 (Prefect's own way of setting it)
    return with_text  # type: ignore[no-any-return]  # a subclass of `form`


def key_of(review_round: int, *, what: str = "review") -> str:
    """The key of this attempt's question: a retried run must not reuse a key, or it would find the old answer."""
    context = FlowRunContext.get()
    count = context.flow_run.run_count if context and context.flow_run else 0
    return f"{what}-{review_round}-{count}"


async def unheard(form: type[Form], review_round: int, *, what: str = "review") -> Form | None:
    """The answer given to an earlier attempt of this run that died before reading it, so that nobody is asked twice."""
    context = FlowRunContext.get()
    if not context or not context.flow_run or context.flow_run.run_count < SECOND:
        return None
    asked = f"suspended-{what}-{review_round}-"
    async with get_client() as client:
        kept = await client.filter_flow_run_input(
            flow_run_id=context.flow_run.id, key_prefix=asked, limit=MOST, exclude_keys=set()
        )
    answers = {int(one.key.split("-")[-2]): one.value for one in kept if one.key.endswith("-response")}
    answers.pop(context.flow_run.run_count, None)  # this attempt's own answer is read by suspending
    return form.model_validate_json(answers[max(answers)]) if answers else None


def counted(title: str, counts: Mapping[str, int], *, look: str, digest: str, asked_again: str) -> str:
    """What there is to decide, as counts: no personal data goes to Prefect."""
    again = f"**{asked_again}.**\n\n" if asked_again else ""
    lines = [f"| {what} | {number} |" for what, number in counts.items() if number]
    return "\n".join([
        f"{again}### {title}", "", "| what | how many |", "|---|---|", *lines, "", f"Each with all it holds: `{look}`",
        "", f"Digest `{digest[:16]}`",
    ])  # fmt: skip
