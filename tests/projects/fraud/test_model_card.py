"""The card says what the data and the model say, in tables that Markdown reads."""

import pytest
from learning_samples import LEARNING, examined, learned, material

from projects.fraud import columns as c
from projects.fraud.learning.learning_run import BASELINES, CALIBRATED
from projects.fraud.learning.model_card import LIMITS, ModelCard, card_of


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return card_of(material(), learned(), examined(), data="A world of 500 cards.", config=LEARNING)


def test_the_card_counts_what_is_there(card):
    test = material().final.test
    assert sum(one.payments for one in card.segments) == 3 * len(test)
    assert sum(one.frauds for one in card.segments) == 3 * test[c.TX_FRAUD].sum()
    assert all(one.caught <= min(one.frauds, one.alerts) for one in card.segments)
    assert card.cost < card.cost_of_nothing
    assert card.periods[-1].payments == len(test)
    assert [name for name, _ in card.rows][: len(BASELINES)] == list(BASELINES)


def test_the_card_is_whole_markdown(card):
    text = card.to_markdown()
    for part in (CALIBRATED, *BASELINES, card.data, card.data_hash, card.ordering, *LIMITS):
        assert part in text
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    for block in tables:
        assert len({line.count("|") for line in block.splitlines()}) == 1, block
    assert "{{" not in text and "{%" not in text
