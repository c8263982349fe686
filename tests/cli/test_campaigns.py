"""Campaigns in the terminal: start, look, decide, change."""

from pathlib import Path
from typing import Any

import pytest

from deployments.simulators.server import Simulators
from storage.records import CampaignStatus
from tasks.rules.letters.envelope import LARGEST_ATTACHMENTS
from tests.cli.conftest import Call, FakePrefect
from tests.flows.campaign_line import TEMPLATE, CampaignLine
from tests.flows.conftest import line, running_simulators, simulators  # noqa: F401 (fixtures)
from tests.flows.house import ANN, BEN, House

TO_START = ("campaign", "new", "--org", "acme", "--user", ANN, "--name", "Spring")


@pytest.fixture
def waiting(line: CampaignLine, simulators: Simulators) -> str:  # noqa: F811 (the fixtures imported above)
    """A campaign of three mails that waits for its review."""
    del simulators
    line.crowd(3)
    return line.preview().id


@pytest.fixture
def brief(tmp_path: Path) -> str:
    path = tmp_path / "brief.txt"
    path.write_text(TEMPLATE)
    return str(path)


def test_a_campaign_is_prepared_and_its_run_gets_nothing_but_ids(
    told: Any, prefect: FakePrefect, brief: str, simulators: Simulators  # noqa: F811 (as above)
) -> None:  # fmt: skip
    del simulators
    answer = told(*TO_START, "--brief", brief, "--tag", "friend", "--budget", "1.50")
    [started] = prefect.started
    assert started["parameters"] == {"organization": "acme", "user": ANN, "campaign": answer["id"]}
    assert started["idempotency_key"] == answer["id"]
    shown = told("campaign", "show", answer["id"])
    assert (shown["status"], shown["name"], shown["flow_run_id"]) == ("draft", "Spring", answer["flow_run_id"])


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        ((), 2, "name either --brief or --template"),
        (("--template", "x", "--budget", "much"), 2, "1.50"),
        (("--template", "x", "--budget", "-1"), 2, "more than nothing"),
        (("--template", "x"), 1, "no template 'x'"),
        (("--brief", "missing.txt"), 1, "cannot be read"),
        (("--template", "x", "--segment", "y"), 1, "no segment 'y'"),
        (("--template", "x", "--connection", "z"), 1, "no connection z"),
        (("--template", "x", "--attach", "missing.pdf"), 1, "no file missing.pdf"),
    ],
)
def test_what_cannot_be_begun_is_a_sentence(
    call: Call, simulators: Simulators, words: tuple[str, ...], exit_code: int, told: str  # noqa: F811 (as above)
) -> None:  # fmt: skip
    del simulators
    result = call(*TO_START, *words)
    assert result.exit_code == exit_code
    assert told in result.stderr


def test_attachments_that_no_mail_could_be_made_with_are_refused_before_one_is_written(
    call: Call, simulators: Simulators, tmp_path: Path  # noqa: F811 (as above)
) -> None:  # fmt: skip
    del simulators
    path = tmp_path / "large.pdf"
    path.write_bytes(bytes(LARGEST_ATTACHMENTS + 1))
    result = call(*TO_START, "--template", "x", "--attach", str(path))
    assert (result.exit_code, "more than 2,500,000 bytes" in result.stderr) == (1, True)


def test_a_campaign_can_be_looked_at_in_whole_and_mail_by_mail(call: Call, told: Any, waiting: str) -> None:
    text = call("campaign", "show", waiting).stdout
    assert f"/campaigns/{waiting}\n" in text
    assert "Givenb Familyb" in text
    assert "campaign approve" in text
    one = told("campaign", "show", waiting, "--mail", "2")
    assert one["to"] == "person2@customer2.example"
    assert one["text"].startswith("Subject: An engine for Companyc Ltd")
    assert waiting in call("campaigns", "--org", "acme").stdout


def test_approving_wakes_the_run_with_the_decision(told: Any, prefect: FakePrefect, waiting: str) -> None:
    answer = told("campaign", "approve", waiting, "--reject", "2", "--comment", "fine")
    assert (answer["status"], answer["statistics"]["rejected"]) == ("sending", 1)
    [(_, woken)] = prefect.woken
    assert woken == {"decision": "approve", "reviewer": ANN, "comment": "fine"}


def test_a_decision_stands_though_prefect_does_not_answer(call: Call, line: CampaignLine, waiting: str) -> None:  # noqa: F811
    result = call("campaign", "reject", waiting, "--comment", "not now")
    assert result.exit_code == 0
    assert "carried out when Prefect is back" in result.stderr
    assert line.campaign(waiting).status is CampaignStatus.REJECTED


def test_a_stale_digest_and_a_stranger_approve_nothing(call: Call, waiting: str) -> None:
    for words, told in (
        (("--digest", "another"), "look at the campaign again"),
        (("--as", "rob@rival.example"), "no user of this organization"),
        (("--reject", "99"), "no mail 99"),
        (("--reject", "9" * 30), "no mail 999"),
        (("--reject", "9" * 5000), "no mail 999"),
    ):
        result = call("campaign", "approve", waiting, *words)
        assert result.exit_code == 1
        assert told in result.stderr


def test_one_mail_can_be_rejected_and_the_rest_waits_on(told: Any, waiting: str) -> None:
    assert told("campaign", "reject", waiting, "--mail", "1") == {"id": waiting, "rejected": 1}
    assert told("campaign", "show", waiting)["status"] == "review"


def test_an_edited_mail_is_rendered_and_checked_again(told: Any, waiting: str) -> None:
    before = told("campaign", "show", waiting)
    text = "Subject: A better engine\n\nDear Givenb,\n\nwe have built a better engine."
    edited = told("campaign", "edit", waiting, "1", "--text", text)
    assert (edited["state"], edited["subject"]) == ("generated", "A better engine")
    assert told("campaign", "show", waiting)["digest"] != before["digest"]


def test_an_edit_that_a_check_forbids_is_blocked_with_the_reason(told: Any, waiting: str) -> None:
    text = "Subject: Hi\n\nDear Givenb,\n\nsee https://evil.example now, [Name]."
    edited = told("campaign", "edit", waiting, "1", "--text", text)
    assert edited["state"] == "blocked"
    assert edited["checks"]


@pytest.mark.parametrize("text", ["no subject", "   "])
def test_an_edit_that_cannot_be_read_changes_nothing(call: Call, told: Any, waiting: str, text: str) -> None:
    before = told("campaign", "show", waiting)
    assert call("campaign", "edit", waiting, "1", "--text", text).exit_code == 1
    assert told("campaign", "show", waiting)["digest"] == before["digest"]


def test_pausing_going_on_and_cancelling(told: Any, call: Call, prefect: FakePrefect, waiting: str) -> None:
    assert call("campaign", "pause", waiting).exit_code == 1
    told("campaign", "approve", waiting)
    assert told("campaign", "pause", waiting)["status"] == "paused"
    assert told("campaign", "resume", waiting)["status"] == "sending"
    ended = told("campaign", "cancel", waiting)
    assert (ended["status"], ended["statistics"]["rejected"], ended["statistics"]["waiting"]) == ("cancelled", 3, 0)
    assert "nothing to cancel" in call("campaign", "cancel", waiting).stderr
    assert len(prefect.woken) == 3


def test_whoever_holds_a_campaign_is_named(told: Any, call: Call, prefect: FakePrefect, waiting: str) -> None:
    del prefect
    told("campaign", "approve", waiting)
    told("campaign", "pause", waiting, "--as", BEN)
    told("campaign", "resume", waiting)
    assert "no user of this organization" in call("campaign", "cancel", waiting, "--as", "rob@rival.example").stderr
    entries = told("audit", "log", "--org", "acme")
    actors = {entry["action"]: entry["actor"] for entry in entries if entry["subject"] == waiting}
    assert (actors["campaign.paused"], actors["campaign.sending"]) == (BEN, ANN)


def test_a_mail_in_doubt_is_settled_and_tried_once_more_with_what_failed(
    told: Any, call: Call, prefect: FakePrefect, waiting: str, house: House
) -> None:
    told("campaign", "approve", waiting)
    house.sql("UPDATE campaign_emails SET state = 'unknown' WHERE ordinal < 3")
    house.sql("UPDATE campaign_emails SET state = 'sent' WHERE ordinal = 3")
    house.sql("UPDATE email_campaigns SET status = 'completed'")
    assert call("campaign", "settle", waiting, "1").exit_code == 2
    assert "only mails that may have left" in call("campaign", "settle", waiting, "3", "--sent").stderr
    assert "settle" in call("campaign", "retry-failed", waiting).stdout
    assert told("campaign", "settle", waiting, "1", "--not-sent", "--as", BEN)["state"] == "failed"
    assert told("campaign", "settle", waiting, "2", "--sent")["state"] == "sent"
    done = told("campaign", "retry-failed", waiting, "--as", BEN)
    assert (done["again"], done["unknown"]) == (1, 0)
    assert told("campaign", "show", waiting)["status"] == "sending"
    assert len(prefect.woken) == 1  # the approval; a run that had ended is begun anew


def test_what_could_not_be_written_is_asked_for_again(
    told: Any, call: Call, prefect: FakePrefect, waiting: str, house: House
) -> None:
    house.sql("UPDATE campaign_emails SET state = 'failed', content_hash = '', content = NULL WHERE ordinal = 2")
    assert told("campaign", "retry-failed", waiting)["written_again"] == 1
    assert [run["parameters"] for run in prefect.started] == [{"campaign": waiting}]
    house.sql("UPDATE campaign_emails SET state = 'rejected' WHERE state = 'pending'")
    assert "no mail failed" in call("campaign", "retry-failed", waiting).stdout


def test_whoever_changes_a_mail_is_a_user_and_named_as_one(call: Call, told: Any, waiting: str, house: House) -> None:
    house.sql("UPDATE email_campaigns SET model = 'a model'")
    text = "Subject: Once more\n\nDear Ada,\n\nWe built an engine."
    for words in (("edit", waiting, "1", "--text", text), ("rewrite", waiting, "1")):
        assert "no user of this organization" in call("campaign", *words, "--as", "rob@rival.example").stderr
    told("campaign", "edit", waiting, "1", "--text", text, "--as", f" {BEN.upper()} ")
    entries = told("audit", "log", "--org", "acme")
    assert [entry["actor"] for entry in entries if entry["action"] == "mail.rewritten"] == [BEN]


def test_mails_to_be_written_anew_wait_while_prefect_is_away_and_it_is_said_how_they_go_on(
    call: Call, told: Any, waiting: str, house: House
) -> None:
    house.sql("UPDATE email_campaigns SET model = 'a model'")
    result = call("campaign", "rewrite", waiting, "1", "--hint", "shorter")
    assert result.exit_code == 1
    assert f"`contactflow campaign retry-failed {waiting}`" in result.stderr
    assert [mail["number"] for mail in told("campaign", "show", waiting, "--state", "pending")["mails"]] == [1]


def test_a_sample_goes_to_one_of_ourselves_and_to_nobody_else(
    call: Call, told: Any, prefect: FakePrefect, waiting: str
) -> None:
    assert told("campaign", "test", waiting, "1", "--to", f" {BEN.upper()} ")["to"] == BEN
    assert prefect.started[0]["parameters"]["to"] == BEN
    assert "one of yourselves" in call("campaign", "test", waiting, "1", "--to", "who@else.example").stderr


def test_templates_and_segments_are_kept_by_name(call: Call, told: Any, brief: str, house: House) -> None:
    del house
    saved = told("template", "save", "spring", "--org", "acme", "--user", ANN, "--file", brief)
    assert saved["version"] == 1
    assert told("template", "list", "--org", "acme")[0]["subject"].startswith("An engine")
    call("segment", "save", "friends", "--org", "acme", "--tag", "friend")
    assert told("segment", "list", "--org", "acme")[0]["tags"] == ["friend"]
    call("segment", "remove", "friends", "--org", "acme")
    assert told("segment", "list", "--org", "acme") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"subject: x\n\nGr\xfc\xdfe", "is not text in UTF-8"),
        (b"---\nsubject: x\nlinks: {demo: https://acme.example/demo}\n---\nSee {{link:dmo}}", "there is no link 'dmo'"),
        (b"", "the brief is empty"),
        (None, "cannot be read"),
    ],
)
def test_a_template_that_no_mail_could_be_made_of_is_not_kept(
    call: Call, told: Any, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "spring.md"
    if content is not None:
        path.write_bytes(content)
    result = call("template", "save", "spring", "--org", "acme", "--user", ANN, "--file", str(path))
    assert (result.exit_code, said in result.stderr, len(result.stderr.splitlines())) == (1, True, 1)
    assert told("template", "list", "--org", "acme") == []


def test_an_address_is_kept_from_being_written_to_in_any_spelling(call: Call, told: Any) -> None:
    assert told("suppression", "add", "Ada+news@Engines.example", "--org", "acme") == {"new": True}
    assert told("suppression", "add", "ada@engines.example", "--org", "acme") == {"new": False}
    assert "engines" not in call("suppression", "list", "--org", "acme").stdout
    assert told("suppression", "lift", "ada@engines.example", "--org", "acme") == {"lifted": True}
    assert call("suppression", "lift", "ada@engines.example", "--org", "acme").exit_code == 1


def test_mails_are_found_by_state(told: Any, line: CampaignLine, waiting: str) -> None:  # noqa: F811 (as above)
    line.house.sql("UPDATE campaign_emails SET state = 'failed' WHERE ordinal = 3")
    shown = told("campaign", "show", waiting, "--state", "failed")
    assert [mail["number"] for mail in shown["mails"]] == [3]
