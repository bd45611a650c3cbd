"""Work out what the lab's answers must be, by other ways than the official answers."""

import re

import numpy as np
import pandas as pd

NAN = float("nan")


def reference_parse(lines: list[str], bad: list[int]) -> pd.DataFrame:
    """Split the lines that are known to be good by hand."""
    rows = []
    for number, text in enumerate(lines, start=1):
        if number in set(bad):
            continue
        stamp, rest = re.split(r"\[|\] ", text, maxsplit=2)[1:]
        request, rest = rest[1:].split('" ', 1)
        status, size = rest.split(" ")[:2]
        seconds = text.rsplit(" ", 1)[1]
        rows.append(
            (
                stamp,
                re.split("[/? ]+", request)[1],
                int(status),
                0 if size == "-" else int(size),
                NAN if seconds == "-" else 1000 * float(seconds),
            )
        )
    frame = pd.DataFrame(rows, columns=["time", "service", "status", "bytes", "latency_ms"])
    frame["time"] = pd.to_datetime(frame["time"], format="%d/%b/%Y:%H:%M:%S %z", utc=True)
    return frame


def reference_rollup(requests: pd.DataFrame) -> pd.DataFrame:
    """Roll up by sorting once and reading each percentile off between two neighbours."""
    service, names = pd.factorize(requests["service"], sort=True)
    minute = (
        requests["time"].dt.floor("min") - requests["time"].min().floor("min")
    ).dt.total_seconds()
    minute = (minute.to_numpy() // 60).astype(int)
    minutes = int(minute.max()) + 1
    cell = service * minutes + minute
    latency = requests["latency_ms"].to_numpy(float)
    order = np.lexsort((latency, cell))
    values = np.append(latency[order], NAN)
    total = np.bincount(cell, minlength=len(names) * minutes)
    measured = np.bincount(cell[~np.isnan(latency)], minlength=len(total))
    first = np.cumsum(total) - total
    columns = {}
    for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99)):
        place = np.maximum(measured - 1, 0) * share
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, np.maximum(measured - 1, 0))
        step = (values[first + high] - values[first + low]) * (place - low)
        columns[name] = np.where(measured > 0, values[first + low] + step, NAN)
    failed = requests["status"].to_numpy() >= 500
    start = requests["time"].min().floor("min")
    return pd.DataFrame(
        {
            "service": np.repeat(np.asarray(names, dtype=object), minutes),
            "minute": np.tile(pd.date_range(start, periods=minutes, freq="min"), len(names)),
            "requests": total,
            "errors": np.bincount(cell[failed], minlength=len(total)),
            **columns,
        }
    )


def reference_versions(requests: pd.DataFrame, deploys: pd.DataFrame) -> list[str | None]:
    """Find each request's version by a binary search in its own service's deploys."""
    found = np.full(len(requests), None, dtype=object)
    for service, rows in deploys.groupby("service"):
        rows = rows.sort_values("time", kind="stable")
        mine = np.flatnonzero(requests["service"].to_numpy() == service)
        at = rows["time"].searchsorted(requests["time"].iloc[mine], side="right") - 1
        served = np.append(rows["version"].to_numpy(object), None)
        found[mine] = served[at]
    return list(found)


def reference_burn(per_minute: pd.DataFrame, slo: float, window: int) -> np.ndarray:
    """Burn rates from running totals, service by service."""
    burn = np.zeros(len(per_minute))
    for rows in per_minute.groupby("service").indices.values():
        total = np.cumsum(np.r_[0, per_minute["requests"].to_numpy()[rows]])
        failed = np.cumsum(np.r_[0, per_minute["errors"].to_numpy()[rows]])
        end = np.arange(1, len(total))
        begin = np.maximum(end - window, 0)
        seen, lost = total[end] - total[begin], failed[end] - failed[begin]
        burn[rows] = np.divide(lost, seen, out=np.zeros(len(rows)), where=seen > 0) / (1.0 - slo)
    return burn


def reference_incidents(
    per_minute: pd.DataFrame, slo: float, window: int, threshold: float
) -> pd.DataFrame:
    """Walk through the minutes as a person would."""
    found: list[dict[str, object]] = []
    last = None
    for at, (row, burn) in enumerate(
        zip(per_minute.itertuples(), reference_burn(per_minute, slo, window), strict=True)
    ):
        if burn < threshold:
            continue
        if last == (row.service, at - 1):
            run = found[-1]
            run |= {"end": row.minute, "minutes": run["minutes"] + 1}
            run["peak_burn"] = max(run["peak_burn"], burn)
        else:
            keys = ("service", "start", "end", "minutes", "peak_burn")
            found.append(
                dict(zip(keys, (row.service, row.minute, row.minute, 1, burn), strict=True))
            )
        last = (row.service, at)
    return pd.DataFrame(found)
