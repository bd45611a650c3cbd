"""The registry keeps lineage, and an alias moves without losing what it left."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from projects.fraud import columns as c
from projects.fraud.registry import (
    UNKNOWN_REVISION,
    ModelRegistry,
    RegistryConfig,
    code_revision,
    data_hash,
)


def test_the_hash_is_of_the_rows_not_of_their_order(small_world):
    week = small_world.head(500)
    assert data_hash(week.sample(frac=1, random_state=1)) == data_hash(week)
    assert data_hash(week.assign(extra=1)) == data_hash(week)
    assert data_hash(week.tail(499)) != data_hash(week)
    labels = week[c.TX_FRAUD].to_numpy().copy()
    labels[17] = 1 - labels[17]
    assert data_hash(week.assign(TX_FRAUD=labels)) != data_hash(week)


def test_revision_of_a_folder_without_git(tmp_path):
    assert code_revision(tmp_path) == UNKNOWN_REVISION


def test_lineage_and_alias(tmp_path, small_world, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = small_world.head(800), small_world.iloc[800:1_600]
    forest = RandomForestClassifier(5, random_state=0)
    registry = ModelRegistry(RegistryConfig(tmp_path / "store"))
    versions = []
    for week in (first, second):
        model = forest.fit(week[[c.TX_AMOUNT]], week[c.TX_AMOUNT] > 60)
        versions.append(
            registry.register(
                model, week, params={"trees": 5}, metrics={"ap": 0.25}, revision="abc"
            )
        )
    assert [v.version for v in versions] == [1, 2]
    registry.promote(1)
    assert registry.at().data_hash == data_hash(first)
    registry.promote(2)
    champion = registry.at("champion")
    assert champion == versions[1] and champion.data_hash == data_hash(second)
    assert champion.code_revision == "abc" and champion.metrics == {"ap": 0.25}
    assert registry.describe(1) == versions[0]
    np.testing.assert_array_equal(
        registry.load().predict(second[[c.TX_AMOUNT]]), model.predict(second[[c.TX_AMOUNT]])
    )
    with pytest.raises(Exception, match="challenger"):
        registry.at("challenger")
