"""The peer that matching is measured against: Splink on DuckDB, with settings as its documentation advises."""

from collections.abc import Collection, Sequence
from typing import Any

from storage.records import Match, Person, Verdict

_PREDICTED_FROM = 0.01
_RULES = (
    ("email",),
    ("phone",),
    ("number",),
    ("birthday",),
    ("given", "family"),
    ("family", "company"),
    ("family", "town"),
    ("street", "town"),
)
_TRAINED_ON = (("given", "family"), ("email",), ("birthday",))


def matched(left: Sequence[tuple[str, Person]], right: Sequence[tuple[str, Person]] = ()) -> list[Match]:
    """Pairs across two sides; with one side alone, within it."""
    import pandas as pd  # noqa: PLC0415 - an optional peer
    from splink import DuckDBAPI, Linker, block_on  # noqa: PLC0415 - as above

    api = DuckDBAPI()
    sides = [pd.DataFrame([_row(*one) for one in side]) for side in (left, right) if side]
    told = {column for side in sides for column in side.columns[side.notna().any()]}
    names = ("source", "crm")[: len(sides)]
    tables = [api.register(side, dataset_display_name=name) for side, name in zip(sides, names, strict=True)]
    linker = Linker(tables if right else tables[0], _settings(told, within=not right), log_level=40)
    sure = [block_on(*columns) for columns in _present((("email",), ("given", "family", "birthday")), told)]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for columns in _present(_TRAINED_ON, told)[:2]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    found = linker.inference.predict(threshold_match_probability=_PREDICTED_FROM).as_pandas_dataframe()
    rows = zip(found.unique_id_l, found.unique_id_r, found.match_probability, strict=True)
    return [Match(one, other, Verdict.MAYBE, float(score), "") for one, other, score in rows]


def _present(rules: Sequence[tuple[str, ...]], told: Collection[str]) -> list[tuple[str, ...]]:
    return [columns for columns in rules if set(columns) <= set(told)]


def _settings(told: Collection[str], *, within: bool) -> Any:
    import splink.comparison_library as cl  # noqa: PLC0415 - an optional peer
    from splink import SettingsCreator, block_on  # noqa: PLC0415 - as above

    comparisons = {
        "given": cl.JaroWinklerAtThresholds("given", [0.92, 0.8]).configure(term_frequency_adjustments=True),
        "family": cl.JaroWinklerAtThresholds("family", [0.92, 0.8]).configure(term_frequency_adjustments=True),
        "birthday": cl.DateOfBirthComparison("birthday", input_is_string=True),
        "email": cl.EmailComparison("email"),
        "phone": cl.ExactMatch("phone"),
        "number": cl.LevenshteinAtThresholds("number", [1]),
        "company": cl.JaroWinklerAtThresholds("company", [0.9]),
        "street": cl.JaroWinklerAtThresholds("street", [0.9]),
        "town": cl.ExactMatch("town").configure(term_frequency_adjustments=True),
    }
    return SettingsCreator(
        link_type="dedupe_only" if within else "link_only",
        comparisons=[comparison for column, comparison in comparisons.items() if column in told],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _present(_RULES, told)],
    )


def _row(id_: str, person: Person) -> dict[str, str | None]:
    home = person.addresses[0] if person.addresses else None
    return {
        "unique_id": id_,
        "given": person.given_name or None,
        "family": person.family_name or None,
        "birthday": person.birthday or None,
        "email": person.emails[0].value if person.emails else None,
        "phone": person.phones[0].value if person.phones else None,
        "number": person.custom[0].value if person.custom else None,
        "company": person.company or None,
        "street": (home.street or None) if home else None,
        "town": (home.city or None) if home else None,
    }
