"""The chapter on loading: what is known before the first payment is decided, put on the servers."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

import pandas as pd

from projects.fraud.scoring.decision_table import DecisionTable
from projects.fraud.scoring.topics import make_scoring_topics
from projects.fraud.story import streaming
from projects.fraud.story.configuration import StoryConfig
from projects.fraud.story.places import Places
from projects.fraud.story.telling import Teller


@dataclass(frozen=True)
class Loaded:
    """Count what was published; `since` has the offset of each partition behind the past."""

    payments: int
    labels: int
    since: Mapping[int, int]


def load(
    world: pd.DataFrame, config: StoryConfig, places: Places, helpers: Executor, teller: Teller
) -> Loaded:
    """Make topics and table, publish past payments and labels; the past is taken for decided.

    Labels reach up to the change: each counts only for payments after the day it was known.
    """
    kafka, scorer = places.settings.kafka, places.scorer
    make_scoring_topics(kafka, scorer, places.store)
    DecisionTable(places.store.schema).prepare(places.settings.postgres)
    begin = config.live - config.history
    past = streaming.days(world, begin, config.live)
    known = streaming.days(world, begin, config.change)
    delay = pd.Timedelta(days=config.features.label_delay_days).to_pytimedelta()
    publishing = helpers.submit(streaming.publish_payments, kafka, scorer.payments, past)
    streaming.publish_labels(kafka, scorer.labels, known, delay, teller)
    sent = publishing.result()
    since = streaming.take_for_decided(kafka, scorer.group, scorer.payments)
    return Loaded(sent, len(known), since)
