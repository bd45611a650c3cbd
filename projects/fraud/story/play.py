"""Play the story from the first payment to the rollback; every step leaves its figures behind."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.contracts import Payment
from projects.fraud.features import add_features
from projects.fraud.learning.registering import load_live
from projects.fraud.operating.rollback_drill import drill_rollback
from projects.fraud.scoring.processes import ScoringProcess
from projects.fraud.simulation import simulate
from projects.fraud.story import dashboard_panels, drifting, learning, replays, streaming
from projects.fraud.story.cards import cards_by_day
from projects.fraud.story.configuration import DRIFT, StoryConfig
from projects.fraud.story.deploying import Deployer
from projects.fraud.story.loading import load
from projects.fraud.story.places import Places
from projects.fraud.story.servers import PARTS
from projects.fraud.story.side_by_side import start_helpers
from projects.fraud.story.telling import Step, Teller
from projects.fraud.story.told import Told
from projects.fraud.story.watching import watching
from projects.fraud.world.as_events import payments_of

STEPS = 10
_CATCH_UP_SECONDS = 300
_LATE_SECONDS = 30
_FIRST_PAYMENTS = 20
_HELPERS = 2


def play(
    config: StoryConfig,
    places: Places,
    teller: Teller,
    registry_is_up: Callable[[], None] = lambda: None,
) -> Told:
    """Play every step on the real servers of `places`; figures are written after each.

    `registry_is_up` is called before the first model is trained, and may wait for MLflow. Raise
    CourseError where a server or a step fails.
    """
    story = _Story(config, places, teller, registry_is_up)
    with ExitStack() as open_until_the_end:
        story.play(open_until_the_end)
    return story.told


class _Story:
    def __init__(
        self,
        config: StoryConfig,
        places: Places,
        teller: Teller,
        registry_is_up: Callable[[], None],
    ) -> None:
        self._config, self._places, self._teller = config, places, teller
        self._registry_is_up = registry_is_up
        self._registry = Registry(places.registering.tracking)
        self._model = places.registering.name
        self.told = Told()

    def play(self, until_the_end: ExitStack) -> None:
        # They import beside the simulation, which takes one core.
        self._helpers = until_the_end.enter_context(start_helpers(_HELPERS))
        self._step("simulate", self._simulate)
        self._step("load", self._load)
        self._step("train", self._train)
        self._step("gate", self._gate)
        self._step("serve", lambda step: self._serve(step, until_the_end))
        for title, chapter in (
            ("stream", self._stream),
            ("replay", self._replay),
            ("drift", self._drift),
            ("retrain", self._retrain),
            ("roll back", self._roll_back),
        ):
            self._step(title, chapter)

    def _step(self, title: str, chapter: Any) -> None:
        with self._teller.step(title) as step:
            chapter(step)
        self.told.figures.setdefault("seconds", {})[title] = round(step.seconds, 2)
        self.told.write_figures(self._places.folder)

    def _simulate(self, step: Step) -> None:
        self._world = simulate(self._config.world, self._config.seed)
        self._featured = add_features(self._world, self._config.features)
        frauds = int(self._world[c.TX_FRAUD].sum())
        step.say(
            f"{len(self._world):,} payments of {self._config.world.days} days, {frauds:,} frauds "
            f"({frauds / len(self._world):.2%})"
        )
        self.told.figures["payments"], self.told.figures["frauds"] = len(self._world), frauds

    def _load(self, step: Step) -> None:
        config, places = self._config, self._places
        self._loaded = load(self._world, config, places, self._helpers, self._teller)
        step.say(
            f"{self._loaded.payments:,} payments of the {config.history} days before day "
            f"{config.live} and {self._loaded.labels:,} labels are published to Kafka; "
            f"the table {places.store.schema}.decisions is ready in Postgres"
        )
        told = {"payments": self._loaded.payments, "labels": self._loaded.labels}
        self.told.figures["load"] = told

    def _train(self, step: Step) -> None:
        # Now, lest all that is trained be in vain.
        self._registry_is_up()
        self._material = learning.material_from(self._featured, self._config.start, self._config)
        self._tuned, examined = learning.tuned_model(self._material, self._config, self._teller)
        self._examined = examined
        self._keepsakes = learning.keepsakes_of(self._material, self._tuned, examined, self._config)
        (self._places.folder / "model_card.md").write_text(self._keepsakes.card, encoding="utf-8")
        step.say(examined.ordering.sentence())
        self.told.shown["table"] = examined.table
        self.told.figures["models"] = {
            name: {figure: vars(one) for figure, one in row.items()}
            for name, row in examined.estimates.items()
        }

    def _gate(self, step: Step) -> None:
        first = learning.first_model(self._material, self._places, self._config)
        learning.say_decision(step, "ten small trees", first)
        tuned = learning.judged(
            self._tuned, self._material, self._places, self._config, self._keepsakes
        )
        learning.say_decision(step, "tuned", tuned)
        self.told.note_gate("first", first)
        self.told.note_gate("tuned", tuned)
        exam = self._material.final
        self.told.shown["curves"] = (
            exam.labels,
            {
                "first model": first.learned.model.margins(self._material.matrix(exam.test)),
                "tuned model": tuned.learned.model.margins(self._material.matrix(exam.test)),
            },
        )
        name, live = ("tuned", tuned) if tuned.promotion.decision.promoted else ("first", first)
        cards = cards_by_day(
            self._material,
            self._tuned,
            self._examined,
            (f"champion: {name} model", live.learned.model),
            self._config.learning,
        )
        self.told.shown["cards"], self.told.figures["cards"] = cards, cards.as_figures()

    def _serve(self, step: Step, until_the_end: ExitStack) -> None:
        settings, places = self._places.settings, self._places
        until_the_end.enter_context(Deployer(places))
        log = places.folder / "processes.log"
        until_the_end.enter_context(ScoringProcess(settings, log, places.store_words(), PARTS))
        self._live = self._upcoming()
        self._watcher = until_the_end.enter_context(
            streaming.Watcher(settings.kafka, places.scorer.decisions)
        )
        until_the_end.enter_context(ScoringProcess(settings, log, places.stream_words()))
        step.say(
            "started: the scorer, which follows the live model, and the store, which carries "
            f"decisions into {places.store.schema}.decisions"
        )
        self._teller.progress(f"the scorer takes in {self._loaded.payments:,} payments of the past")
        begun = time.monotonic()
        with self._one_by_one() as decide:
            # So many cards that each partition has some.
            version = {decide(_CATCH_UP_SECONDS) for _ in range(_FIRST_PAYMENTS)}.pop()
        seconds = time.monotonic() - begun
        step.say(
            f"{self._loaded.payments:,} payments of the past fill the windows; version {version} "
            f"decides {seconds:.1f} s after the scorer's start"
        )
        self.told.figures["serve"] = {"seconds_to_first_decision": seconds}

    def _stream(self, step: Step) -> None:
        config = self._config
        kafka, scorer = self._places.settings.kafka, self._places.scorer
        payments = [next(self._live) for _ in range(round(config.rate * config.seconds))]
        with watching(self._helpers, kafka, scorer) as samples:
            due = streaming.publish_at(kafka, scorer.payments, payments, config.rate, self._teller)
            lost = self._watcher.wait_for(list(due), _LATE_SECONDS)
        found = streaming.latencies(due, self._watcher)
        alerts = sum(self._watcher.seen[one].decision.alert for one in found.index)
        quantiles = {f"p{q}": round(float(found.quantile(q / 100)), 1) for q in (50, 95, 99)}
        step.say(
            f"{len(due):,} payments at {config.rate:g}/s: p50 {quantiles['p50']} ms, p95 "
            f"{quantiles['p95']} ms, p99 {quantiles['p99']} ms from scheduled arrival to decision"
        )
        step.say(f"lost {lost}, decided twice {self._watcher.twice}, alerts {alerts}")
        self.told.shown["latencies"], self.told.shown["samples"] = found, samples
        self.told.figures["dashboard"] = dashboard_panels.as_figures(samples)
        self.told.figures["stream"] = {
            "rate": config.rate,
            "payments": len(due),
            "milliseconds": quantiles,
            "lost": lost,
            "twice": self._watcher.twice,
            "alerts": alerts,
        }

    def _replay(self, step: Step) -> None:
        published = {
            number: seen.decision.model_dump_json() for number, seen in self._watcher.seen.items()
        }
        found = replays.compare(
            self._helpers,
            self._places.settings.kafka,
            self._places.scorer,
            self._places.models / str(self._registry.live(self._model)),
            self._loaded.since,
            published,
            self._teller.progress,
        )
        step.say(
            f"the log scored again: {found.decisions:,} decisions, {found.different} differ from "
            "the published"
        )
        self.told.figures["replay"] = vars(found)

    def _drift(self, step: Step) -> None:
        model = load_live(self._places.registering)
        if model is None:
            raise RuntimeError("nothing is live after the gate")
        self._watched = drifting.watched(self._world, model, self._config, self._places.folder)
        step.say(
            f"from day {self._config.change} {DRIFT}; judged by day on the table of payments, as "
            "the nightly job does it, not on the stream"
        )
        confirmed = self._watched.confirmed
        if confirmed is None:
            step.say("the watch did not confirm it before the world ended")
        else:
            step.say(
                f"confirmed on day {confirmed}, {confirmed - self._config.change} days later: "
                f"{self._watched.days[-1].why}"
            )
        self.told.shown["watch"] = self._watched.days
        self.told.figures["drift"] = {
            "change": DRIFT,
            "day": self._config.change,
            "confirmed": confirmed,
            "false_alarms": sum(
                bool(one.moved) for one in self._watched.days if one.day < self._config.change
            ),
        }

    def _retrain(self, step: Step) -> None:
        asked = self._watched.confirmed
        if asked is None:
            step.say("nothing was confirmed, so nothing is trained")
            return
        delay = self._config.features.label_delay_days
        last = self._config.world.days - 2 * delay - 7
        start = min(asked, last)
        material = learning.material_from(self._watched.featured, start, self._config)
        learned = learning.learn(material, self._config.learning, self._tuned.boosting)
        judged = learning.judged(learned, material, self._places, self._config)
        days = learning.days_of_retraining(material, self._config)
        learning.say_when(step, asked, days)
        learning.say_decision(step, f"of days {start} to {start + 6}", judged)
        self.told.note_gate("retrained", judged)
        self.told.figures["retrain"] = {"asked": asked, **vars(days)}

    def _roll_back(self, step: Step) -> None:
        if len({move.target for move in self._registry.history(self._model)}) < 2:
            self._promote_by_hand(step)
        with self._one_by_one() as decide:
            live = str(self._registry.live(self._model))
            while decide() != live:
                self._teller.progress(f"version {live} takes over")
            report = drill_rollback(self._registry, self._model, decide, who="story", why="a drill")
        step.say(report.in_words().replace(f"{self._places.space}.", ""))
        self.told.shown["moves"] = self._registry.history(self._model)
        self.told.figures["rollback"] = vars(report)
        self.told.figures["moves"] = [vars(move) for move in self.told.shown["moves"]]

    def _promote_by_hand(self, step: Step) -> None:
        last = max(self._registry.versions(self._model))
        self._registry.promote(self._model, last, who="story", why="by hand, for the drill")
        step.say(f"the gate let one version live, so version {last} is promoted for the drill")

    def _one_by_one(self) -> streaming.OneByOne:
        kafka, scorer = self._places.settings.kafka, self._places.scorer
        return streaming.OneByOne(kafka, scorer.payments, self._live, self._watcher)

    def _upcoming(self) -> Iterator[Payment]:
        coming = streaming.days(self._world, self._config.live, self._config.world.days)
        return payments_of(coming)
