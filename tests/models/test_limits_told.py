"""What a model's service tells of its limits, as far as it can be read."""

import pytest

from tasks.providers.language.openai_answers import limits_of, seconds


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("120ms", 0.12), ("8.64s", 8.64), ("6m0s", 360), ("1d2h", 93_600), ("", 0), ("soon", 0), ("5", 0), (".s", 0),
        ("..5s", 0), ("1.2.3s", 0), ("-1s", 0), ("9" * 400 + "s", 365 * 86_400),
    ],
)  # fmt: skip
def test_a_duration_is_read_or_is_none(told: str, meant: float) -> None:
    assert seconds(told) == pytest.approx(meant)


@pytest.mark.parametrize("told", ["", "many", "-1", "1.5", "9" * 5000])
def test_a_limit_that_is_no_number_is_none(told: str) -> None:
    names = {f"x-ratelimit-{what}-requests": told for what in ("limit", "remaining")}
    assert limits_of(names).requests is None
