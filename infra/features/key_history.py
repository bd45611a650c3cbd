"""Keep one entity's recent events in order of time, with running sums over them."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from infra.features.fixed_point import number

Category = str | int | float | bool | None
# What an event brings: the units of each measure, then the value of each category.
Row = tuple[Category, ...]
Answer = dict[str, int | float | None]


@dataclass
class _RunningMeasure:
    """Hold a measure's values, and how many and how much there is before each of them."""

    values: list[int | None] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0])
    totals: list[int] = field(default_factory=lambda: [0])

    def insert(self, place: int, value: int | None) -> None:
        self.values.insert(place, value)
        if place + 1 == len(self.values):
            self.counts.append(self.counts[-1] + (value is not None))
            self.totals.append(self.totals[-1] + (value or 0))
            return
        # Events come nearly in order, so little follows; whole numbers let sums be taken apart.
        del self.counts[place + 1 :], self.totals[place + 1 :]
        for later in self.values[place:]:
            self.counts.append(self.counts[-1] + (later is not None))
            self.totals.append(self.totals[-1] + (later or 0))

    def drop(self, count: int) -> None:
        del self.values[:count], self.counts[:count], self.totals[:count]


class KeyHistory:
    """Hold the events of one entity; equal sets of events make equal histories."""

    def __init__(self, features: FeatureSet) -> None:
        self._features = features
        self._order: list[tuple[int, str]] = []
        self._measures = [_RunningMeasure() for _ in features.measures]
        self._categories: list[list[Category]] = [[] for _ in features.categories]

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, event: tuple[int, str]) -> bool:
        """Say whether an event of this time and id is here."""
        place = bisect_left(self._order, event)
        return place < len(self._order) and self._order[place] == event

    def insert(self, time: int, event_id: str, row: Row) -> None:
        """Put an event in its place: by time, and by id among those of the same time."""
        place = bisect_left(self._order, (time, event_id))
        self._order.insert(place, (time, event_id))
        units, kinds = row[: len(self._measures)], row[len(self._measures) :]
        for measure, value in zip(self._measures, units, strict=True):
            measure.insert(place, value)  # type: ignore[arg-type]
        for category, kind in zip(self._categories, kinds, strict=True):
            category.insert(place, kind)

    def drop_before(self, time: int) -> None:
        """Forget the events before `time`."""
        count = self._position(time)
        if not count:
            return
        del self._order[:count]
        for measure in self._measures:
            measure.drop(count)
        for category in self._categories:
            del category[:count]

    def events(self) -> list[tuple[int, str, Row]]:
        """Return the events as they would be inserted again."""
        columns: Sequence[Sequence[Category]] = [
            *(measure.values for measure in self._measures),
            *self._categories,
        ]
        return [
            (time, event_id, tuple(column[place] for column in columns))
            for place, (time, event_id) in enumerate(self._order)
        ]

    def answer(self, time: int) -> Answer:
        """Return every feature at `time`: O(log n), but O(window) for MIN, MAX and DISTINCT."""
        features = self._features
        places = {offset: self._position(time + offset) for offset in features.offsets}
        return {
            aggregate.name: self._aggregate(aggregate, places[start], places[end])
            for aggregate, (start, end) in zip(features.aggregates, features.bounds, strict=True)
        }

    def _position(self, time: int) -> int:
        return bisect_left(self._order, (time, ""))

    def _aggregate(self, aggregate: WindowAggregate, low: int, high: int) -> int | float | None:
        if aggregate.aggregation is Aggregation.DISTINCT:
            kinds = self._categories[self._features.categories.index(str(aggregate.value))]
            return len(set(kinds[low:high]) - {None})
        named = aggregate.measure
        if named is None:
            return high - low
        measure = self._measures[self._features.measures.index(named)]
        count = measure.counts[high] - measure.counts[low]
        total = number(measure.totals[high] - measure.totals[low], aggregate.decimals)
        match aggregate.aggregation:
            case Aggregation.COUNT:
                return count
            case Aggregation.SUM:
                return total
            case _ if count == 0:
                return aggregate.when_empty
            case Aggregation.MEAN:
                return total / count
            case _:
                pick = max if aggregate.aggregation is Aggregation.MAX else min
                known = [value for value in measure.values[low:high] if value is not None]
                return number(pick(known), aggregate.decimals)
