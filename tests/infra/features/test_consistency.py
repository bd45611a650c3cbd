"""The report finds what was served wrongly, and nothing where all is right."""

import numpy as np
import pandas as pd
import pytest
from window_samples import every_aggregation, made_events

from infra.features.batch import window_features
from infra.features.consistency import (
    ConsistencyConfig,
    consistency_of_served,
    measure_consistency,
)
from infra.features.consistency_page import as_html, as_markdown
from infra.features.errors import FeatureError

FEATURES = every_aggregation(windows_days=(7,))
EVENTS = made_events(400, 4, 30).drop_duplicates("event").reset_index(drop=True)


def served() -> pd.DataFrame:
    return EVENTS[["card", "at"]].join(window_features(FEATURES, EVENTS))


def test_what_the_definition_gives_is_consistent() -> None:
    report = consistency_of_served(FEATURES, EVENTS, served())
    assert report.is_consistent and report.served == 400 and not report.worst
    assert [line.compared for line in report.features] == [400] * len(FEATURES.names)
    assert "all agree" in as_markdown(report)


def test_mismatches_are_counted_by_feature_and_the_worst_shown() -> None:
    out = served()
    out.loc[[3, 5], "sum_7"] += [0.5, -20.0]
    out.loc[out["max_7"].first_valid_index(), "max_7"] = np.nan
    out["mean_7"] += 1e-12
    report = consistency_of_served(FEATURES, EVENTS, out, ConsistencyConfig(worst=1))
    by_name = {line.feature: line for line in report.features}
    assert by_name["sum_7"].mismatches == 2 and by_name["sum_7"].rate == 2 / 400
    assert by_name["sum_7"].largest == pytest.approx(20.0)
    assert (by_name["max_7"].mismatches, by_name["max_7"].one_missing) == (1, 1)
    assert by_name["mean_7"].mismatches == by_name["count_7"].mismatches == 0
    worst = {difference.feature: difference for difference in report.worst}
    assert set(worst) == {"sum_7", "max_7"} and not report.is_consistent
    assert worst["sum_7"].served - worst["sum_7"].due == pytest.approx(-20.0)
    assert worst["sum_7"].key == EVENTS.loc[5, ["card", "at"]].to_dict()


def test_an_off_by_one_window_is_seen() -> None:
    wrong = window_features(every_aggregation(windows_days=(7,), closed="right"), EVENTS)
    report = consistency_of_served(FEATURES, EVENTS, EVENTS[["card", "at"]].join(wrong))
    assert {line.feature: line.rate for line in report.features}["count_7"] == 1.0


def test_against_backfilled_rows_some_of_which_are_not_there() -> None:
    out, keys = served(), ["card", "at"]
    told = {"keys": keys, "features": FEATURES.names}
    report = measure_consistency("spending", out, out.iloc[10:].sample(frac=1.0), **told)
    assert (report.served, report.without_due) == (400, 10)
    assert all(line.compared == 390 and not line.mismatches for line in report.features)
    assert not report.is_consistent
    with pytest.raises(FeatureError, match="repeat a key"):
        measure_consistency("spending", out, pd.concat([out, out.iloc[:1]]), **told)


def test_the_page_shows_figures_and_escapes_text() -> None:
    names = pd.DataFrame({"card": ["<b>|x"], "at": [1], "n": [1.0]})
    report = measure_consistency(
        "a & b", names, names.assign(n=4.0), keys=["card", "at"], features=["n"]
    )
    page, text = as_html(report), as_markdown(report)
    assert "&lt;b&gt;" in page and "a &amp; b" in page and "<b>" not in page
    assert "100.0000%" in page and "| n | 1 | 1 | 100.0000% |" in text
    assert "card <b>\\|x" in text
