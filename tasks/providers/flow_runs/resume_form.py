"""The form in Prefect that wakes a suspended run: few fields, none of which can be wrong by being left alone.

What the form answers is only one of the ways to decide; what counts is what stands in our database when the run wakes.
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
    """None of the fields is optional in the sense of None, for Prefect shows those badly."""

    decision: Literal["approve", "approve_safe", "reject"]
    reviewer: str = Field(description="your e-mail address, as a user of the organization")
    comment: str = Field(default="", description="for the audit trail", max_length=2000)


def described(form: type[Form], text: str) -> type[Form]:
    """`with_initial_data` would lose the fields' limits and descriptions; a subclass keeps them."""
    with_text: Any = create_model(form.__name__, __base__=form)
    with_text.model_fields.update(copy.deepcopy(form.model_fields))
    with_text._description = text  # noqa: SLF001 (Prefect's own way of setting it)
    return with_text  # type: ignore[no-any-return]  # made of the form that it is to be


def key_of(review_round: int, *, what: str = "review") -> str:
    """A retried run may not ask under a key that was used: its old answer would be in the way."""
    context = FlowRunContext.get()
    count = context.flow_run.run_count if context and context.flow_run else 0
    return f"{what}-{review_round}-{count}"


async def unheard(form: type[Form], review_round: int, *, what: str = "review") -> Form | None:
    """What a person answered to an earlier attempt of this run, which died before it heard: nobody is asked twice."""
    context = FlowRunContext.get()
    if not context or not context.flow_run or context.flow_run.run_count < SECOND:
        return None
    asked = f"suspended-{what}-{review_round}-"
    async with get_client() as client:
        kept = await client.filter_flow_run_input(
            flow_run_id=context.flow_run.id, key_prefix=asked, limit=MOST, exclude_keys=set()
        )
    answers = {int(one.key.split("-")[-2]): one.value for one in kept if one.key.endswith("-response")}
    answers.pop(context.flow_run.run_count, None)  # that one is heard by asking
    return form.model_validate_json(answers[max(answers)]) if answers else None


def counted(title: str, counts: Mapping[str, int], *, look: str, digest: str, asked_again: str) -> str:
    """What there is to decide, in numbers: nothing personal goes to Prefect."""
    again = f"**{asked_again}.**\n\n" if asked_again else ""
    lines = [f"| {what} | {number} |" for what, number in counts.items() if number]
    return "\n".join([
        f"{again}### {title}", "", "| what | how many |", "|---|---|", *lines, "", f"Each with all it holds: `{look}`",
        "", f"Digest `{digest[:16]}`",
    ])  # fmt: skip
