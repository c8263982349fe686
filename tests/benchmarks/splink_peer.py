"""The peer that matching is measured against: Splink on DuckDB, with settings as its documentation advises."""

from collections.abc import Iterable
from typing import Any

from storage.records import Match, Person, Verdict

_PREDICTED_FROM = 0.01
_RULES = (("email",), ("phone",), ("birthday",), ("given", "family"), ("family", "company"), ("family", "town"))


def matched(left: Iterable[tuple[str, Person]], right: Iterable[tuple[str, Person]]) -> list[Match]:
    import pandas as pd  # noqa: PLC0415 - an optional peer
    from splink import DuckDBAPI, Linker, block_on  # noqa: PLC0415 - as above

    api = DuckDBAPI()
    tables = [
        api.register(pd.DataFrame([_row(*one) for one in side]), dataset_display_name=name)
        for name, side in (("source", left), ("crm", right))
    ]
    linker = Linker(tables, _settings(), log_level=40)
    sure = [block_on("email"), block_on("given", "family", "birthday")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for columns in (("given", "family"), ("email",)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    found = linker.inference.predict(threshold_match_probability=_PREDICTED_FROM).as_pandas_dataframe()
    told = zip(found.unique_id_l, found.unique_id_r, found.match_probability, strict=True)
    return [Match(one, other, Verdict.MAYBE, float(score), "") for one, other, score in told]


def _settings() -> Any:
    import splink.comparison_library as cl  # noqa: PLC0415 - an optional peer
    from splink import SettingsCreator, block_on  # noqa: PLC0415 - as above

    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("given", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("family", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birthday", input_is_string=True),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone"),
            cl.JaroWinklerAtThresholds("company", [0.9]),
            cl.JaroWinklerAtThresholds("street", [0.9]),
            cl.ExactMatch("town").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _RULES],
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
        "company": person.company or None,
        "street": home.street if home else None,
        "town": home.city if home else None,
    }
