"""Write window features as one SQL query, in the dialects of DuckDB and Spark.

Events and the rows to answer are put on one line per entity, ordered by whole microseconds; each
feature is then one window function with an exact range. Nothing is joined.
"""

from dataclasses import dataclass
from enum import StrEnum

from infra.features.definition import ROW, Aggregation, FeatureSet, WindowAggregate

# Named so that no table of a caller is shadowed.
EVENTS, AT = "__feature_events", "__feature_rows"


class Dialect(StrEnum):
    """Name whose SQL is written."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def window_query(features: FeatureSet, dialect: Dialect) -> str:
    """Return the query over the views EVENTS and AT, one answer row per `at_row`.

    EVENTS has the columns of the definition, AT those of entity and time, and `at_row`, a number
    by which the answer is ordered. Answers with whole numbers are BIGINT, the others DOUBLE.
    """
    return _Query(features, dialect).text()


def missing_ids_query(features: FeatureSet, dialect: Dialect) -> str:
    """Return the query that counts events without an id, 0 where the definition asks for none."""
    if features.event_id is None:
        return "SELECT 0"
    return f"SELECT count(*) FROM {EVENTS} WHERE {quoted(features.event_id, dialect)} IS NULL"


def quoted(name: str, dialect: Dialect) -> str:
    """Return a column's name as the dialect quotes it."""
    quote = '"' if dialect is Dialect.DUCKDB else "`"
    return quote + name.replace(quote, quote * 2) + quote


@dataclass(frozen=True)
class _Query:
    features: FeatureSet
    dialect: Dialect

    def text(self) -> str:
        units = [self._units(*measure) for measure in self.features.measures]
        kinds = [f"CAST({self._name(c)} AS {self._text})" for c in self.features.categories]
        values = "".join(f", {value} AS v{i}" for i, value in enumerate(units + kinds))
        nothing = "".join(
            f", CAST(NULL AS {'BIGINT' if i < len(units) else self._text}) AS v{i}"
            for i in range(len(units) + len(kinds))
        )
        answers = ",\n  ".join(
            f"{self._answer(aggregate)} AS {self._name(aggregate.name)}"
            for aggregate in self.features.aggregates
        )
        entity, time = self._name(self.features.entity), self._micros(self.features.time)
        return (
            f"WITH happened AS (\n  SELECT {entity} AS entity, {time} AS micros{values}{self._nth}"
            f"\n  FROM {EVENTS} WHERE {entity} IS NOT NULL\n),\n"
            f"line AS (\n  SELECT entity, micros, 1 AS event, CAST(NULL AS BIGINT) AS {ROW}"
            f"{''.join(f', v{i}' for i in range(len(units) + len(kinds)))}\n"
            f"  FROM happened WHERE nth = 1\n  UNION ALL\n"
            f"  SELECT {entity}, {time}, CAST(NULL AS INT), CAST({ROW} AS BIGINT){nothing}\n"
            f"  FROM {AT}\n),\n"
            f"answered AS (\nSELECT {ROW},\n  {answers}\nFROM line\n)\n"
            f"SELECT * FROM answered WHERE {ROW} IS NOT NULL ORDER BY {ROW}"
        )

    @property
    def _nth(self) -> str:
        """Number the copies of an event, so that one of them is taken."""
        if self.features.event_id is None:
            return ", 1 AS nth"
        event_id = self._name(self.features.event_id)
        order = self._micros(self.features.time)
        return f", row_number() OVER (PARTITION BY {event_id} ORDER BY {order}) AS nth"

    @property
    def _text(self) -> str:
        return "VARCHAR" if self.dialect is Dialect.DUCKDB else "STRING"

    def _name(self, name: str) -> str:
        return quoted(name, self.dialect)

    def _micros(self, column: str) -> str:
        name = self._name(column)
        if self.dialect is Dialect.DUCKDB:
            return f"epoch_us({name})"
        return f"unix_micros(CAST({name} AS TIMESTAMP))"

    def _units(self, column: str, decimals: int) -> str:
        value = f"CAST({self._name(column)} AS DOUBLE)"
        rounding = "round_even({}, 0)" if self.dialect is Dialect.DUCKDB else "rint({})"
        scaled = rounding.format(f"{value} * CAST(1e{decimals} AS DOUBLE)")
        return f"CASE WHEN NOT isnan({value}) THEN CAST({scaled} AS BIGINT) END"

    def _answer(self, aggregate: WindowAggregate) -> str:
        over = self._over(aggregate)
        if aggregate.aggregation is Aggregation.DISTINCT:
            value = f"v{len(self.features.measures) + self._category(aggregate)}"
            if self.dialect is Dialect.DUCKDB:
                return f"count(DISTINCT {value}) {over}"
            # Spark counts no distinct values over a window, but collects them.
            return f"CAST(size(collect_set({value}) {over}) AS BIGINT)"
        if aggregate.measure is None:
            return f"count(event) {over}"
        value = f"v{self.features.measures.index(aggregate.measure)}"
        count = f"count({value}) {over}"
        scale = f"CAST(1e{aggregate.decimals} AS DOUBLE)"
        total = f"CAST(CAST(sum({value}) {over} AS BIGINT) AS DOUBLE) / {scale}"
        match aggregate.aggregation:
            case Aggregation.COUNT:
                return count
            case Aggregation.SUM:
                return f"coalesce({total}, CAST(0 AS DOUBLE))"
            case Aggregation.MEAN:
                found = f"{total} / nullif({count}, 0)"
            case _:
                found = f"CAST({aggregate.aggregation}({value}) {over} AS DOUBLE) / {scale}"
        if aggregate.when_empty is None:
            return found
        return f"coalesce({found}, CAST({aggregate.when_empty!r} AS DOUBLE))"

    def _category(self, aggregate: WindowAggregate) -> int:
        return self.features.categories.index(str(aggregate.value))

    def _over(self, aggregate: WindowAggregate) -> str:
        start, end = aggregate.bounds
        # RANGE takes in both of its ends, so the last microsecond of [start, end) is end - 1.
        # A window may reach one microsecond into its instant, which is the instant itself.
        return (
            "OVER (PARTITION BY entity ORDER BY micros "
            f"RANGE BETWEEN {-start} PRECEDING AND {1 - end} PRECEDING)"
        )
