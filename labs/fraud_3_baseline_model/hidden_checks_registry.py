"""Hidden checks of the registry: the store itself is asked."""

import hashlib

import numpy as np
import pandas as pd
from hidden_checks import small_world
from world import LINEAGE_COLUMNS

from autograder.checks import Run, check, expect

REGISTRY_WORLD = 0xF77E4EFB290B9EC7BF5E5EE9


def expected_hash(transactions: pd.DataFrame) -> str:
    """Return the hash of the rows in order of their id."""
    rows = transactions.sort_values("TRANSACTION_ID")[LINEAGE_COLUMNS]
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


@check("registry", points=1, feedback="Two people load the same week in another order.")
def one_hash_for_the_same_data(run: Run) -> None:
    rng = np.random.default_rng(REGISTRY_WORLD)
    week = small_world(REGISTRY_WORLD).iloc[5_000:5_800]
    shuffled = week.iloc[rng.permutation(len(week))][list(week.columns[::-1])]
    expect(run.call("data_hash", shuffled), "data_hash(shuffled)").to_equal(expected_hash(week))
    moved = shuffled.assign(TX_FRAUD=1 - shuffled["TX_FRAUD"])
    expect(run.call("data_hash", moved), "data_hash(other labels)").to_equal(expected_hash(moved))


@check(
    "registry",
    points=1,
    once=True,
    feedback="Who is in charge after a new model was registered, and after a rollback?",
)
def the_alias_moves_only_when_told(run: Run) -> None:
    world = small_world(REGISTRY_WORLD + 1)
    first, second = world.iloc[:3_000], world.iloc[3_000:6_000]
    old = expect(run.call("register", first, "0ld"), "register(first)").to_be_a(int).value
    run.call("promote", old)
    new = expect(run.call("register", second, "new"), "register(second)").to_be_a(int).value
    expect(new > old, "register(second)").to_be_true("it must be a later version than the first")
    in_charge = {"version": old, "data_hash": expected_hash(first), "code_revision": "0ld"}
    expect(run.call("champion"), "champion() after register alone").to_equal(in_charge)
    run.call("promote", new)
    due = {"version": new, "data_hash": expected_hash(second), "code_revision": "new"}
    expect(run.call("champion"), "champion() after promote").to_equal(due)
    run.call("promote", old)
    expect(run.call("champion"), "champion() after the rollback").to_equal(in_charge)


@check(
    "registry",
    points=1,
    once=True,
    feedback="Would a colleague who has only mlflow.db find out what the model came from?",
)
def the_store_knows_the_lineage(run: Run) -> None:
    week = small_world(REGISTRY_WORLD + 2).iloc[1_000:3_500]
    version = expect(run.call("register", week, "5eedbed"), "register(…)").to_be_a(int).value
    store = run.mlflow
    found = store.model("fraud-detector").version(version)
    tracked = store.run(found.run_id)
    expect(dict(tracked.tags), "the tags of the run").at("data_hash").to_equal(expected_hash(week))
    expect(dict(tracked.tags), "the tags of the run").at("code_revision").to_equal("5eedbed")
    expect(dict(tracked.params), "the parameters of the run").at("rows").to_equal("2500")
