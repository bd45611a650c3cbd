"""Make one night of a small web platform: requests, deploys, access logs, host counters.

Everything follows from a seed. One incident is planted in each night: a bad version of one service
goes out, its errors and latencies jump, and a second deploy takes it back.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

SERVICES = ("auth", "catalog", "checkout", "search")
BASE_LATENCY_MS = {"auth": 25.0, "catalog": 60.0, "checkout": 140.0, "search": 90.0}
# Clocks in Frankfurt go back one hour on 25 October 2026 at 01:00 UTC: 02:30 happens twice there.
NIGHT_STARTS = pd.Timestamp("2026-10-24 23:00", tz="UTC")
HOSTS = {"10.0.1.4": "Europe/Berlin", "10.0.2.9": "America/New_York", "10.0.3.7": "UTC"}
AGENTS = (
    "curl/8.5.0",
    "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/131.0",
    'probe \\"blue\\" [v2]',
)
PATHS = ("", "/", "/items", "/items/42", "/items?page=2&sort=price", "?q=red+shoes")


@dataclass(frozen=True)
class Incident:
    """Hold the truth about what was planted: which service, which version, from when to when."""

    service: str
    version: str
    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True)
class Night:
    """Hold one night: requests by time, deploys as they were noted down, the planted incident."""

    requests: pd.DataFrame
    deploys: pd.DataFrame
    incident: Incident


def night(seed: int, minutes: int = 180, per_minute: float = 12.0) -> Night:
    """Make a night of `minutes`, with about `per_minute` requests of each service a minute.

    Requests have the columns time (UTC, whole seconds), service, status, bytes and latency_ms (NaN
    when the client went away before the answer); deploys have time, service and version.
    """
    rng = np.random.default_rng([seed, 1])
    incident = _plant(rng, minutes)
    counts = rng.poisson(per_minute, (len(SERVICES), minutes))
    others = [i for i, name in enumerate(SERVICES) if name != incident.service]
    quiet = int(rng.integers(20, minutes - 30))
    counts[rng.choice(others), quiet : quiet + 6] = 0
    service, minute = (
        np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape)
    )
    seconds = minute * 60 + rng.integers(0, 60, minute.size)
    order = np.argsort(seconds, kind="stable")
    names = np.array(SERVICES)[service[order]]
    time = NIGHT_STARTS + pd.to_timedelta(seconds[order], unit="s")
    hit = (names == incident.service) & (time >= incident.start) & (time < incident.end)
    return Night(_answers(rng, time, names, hit), _deploys(rng, incident, minutes), incident)


def _plant(rng: np.random.Generator, minutes: int) -> Incident:
    start = int(rng.integers(minutes // 3, minutes // 2))
    begin = NIGHT_STARTS + pd.Timedelta(minutes=start, seconds=int(rng.integers(1, 59)))
    length = pd.Timedelta(minutes=int(rng.integers(12, 25)))
    version = f"v2.{rng.integers(10, 100)}"
    return Incident(str(rng.choice(SERVICES)), version, begin, begin + length)


def _answers(
    rng: np.random.Generator, time: pd.DatetimeIndex, names: np.ndarray, hit: np.ndarray
) -> pd.DataFrame:
    n = len(names)
    base = np.array([BASE_LATENCY_MS[name] for name in names])
    latency = np.round(base * rng.lognormal(0.0, 0.6, n) * np.where(hit, 4.0, 1.0)) + 1.0
    draw = rng.random(n)
    status = np.select([draw < np.where(hit, 0.5, 0.002), draw > 0.985], [503, 404], 200)
    gone = rng.random(n) < 0.01
    size = np.where(rng.random(n) < 0.05, 0, rng.integers(200, 90_000, n))
    return pd.DataFrame(
        {
            "time": time,
            "service": names,
            "status": np.where(gone, 499, status),
            "bytes": np.where(gone, 0, size),
            "latency_ms": np.where(gone, np.nan, latency),
        }
    )


def _deploys(rng: np.random.Generator, incident: Incident, minutes: int) -> pd.DataFrame:
    rows = [
        (incident.start, incident.service, incident.version),
        (incident.end, incident.service, "v1.9"),
    ]
    for service in SERVICES:
        # "search" gets its first version only some minutes into the night.
        first = pd.Timedelta(minutes=7 if service == "search" else -90)
        rows.append(
            (NIGHT_STARTS + first, service, "v1.9" if service == incident.service else "v1.0")
        )
    for service in (name for name in SERVICES if name != incident.service):
        at = NIGHT_STARTS + pd.Timedelta(seconds=int(rng.integers(900, minutes * 60 - 900)))
        # Sent out twice within one second: the line that was noted down later is what serves.
        rows += [(at, service, "v1.1"), (at, service, "v1.2")]
    table = pd.DataFrame(rows, columns=["time", "service", "version"])
    blocks = rng.permutation(table["time"].unique())
    return pd.concat([table[table["time"] == at] for at in blocks], ignore_index=True)


def access_log(requests: pd.DataFrame, seed: int) -> tuple[list[str], list[int]]:
    """Write `requests` as the web hosts would, some bad lines among them.

    Returns the lines, host after host, and the numbers (from 1) of those that are bad.
    """
    rng = np.random.default_rng([seed, 2])
    host = rng.integers(0, len(HOSTS), len(requests))
    lines: list[str] = []
    for index, (address, zone) in enumerate(HOSTS.items()):
        lines += _lines(rng, requests[host == index], address, zone)
    bad = np.sort(rng.choice(len(lines), max(len(lines) // 150, 8), replace=False))
    for kind, at in enumerate(bad):
        lines[at] = _spoil(rng, lines[at], kind % 8)
    return lines, [int(at) + 1 for at in bad]


def _lines(rng: np.random.Generator, part: pd.DataFrame, address: str, zone: str) -> list[str]:
    stamps = part["time"].dt.tz_convert(zone).dt.strftime("%d/%b/%Y:%H:%M:%S %z")
    paths, agents = rng.choice(PATHS, len(part)), rng.choice(AGENTS, len(part), p=(0.5, 0.47, 0.03))
    columns = (
        stamps,
        part["service"],
        paths,
        part["status"],
        part["bytes"],
        agents,
        part["latency_ms"],
    )
    return [
        f'{address} - - [{stamp}] "GET /{service}{path} HTTP/1.1" {status} {size or "-"} "-" '
        f'"{agent}" {"-" if np.isnan(ms) else format(ms / 1000, ".3f")}'
        for stamp, service, path, status, size, agent, ms in zip(*columns, strict=True)
    ]


def _spoil(rng: np.random.Generator, line: str, kind: int) -> str:
    day = line[line.index("[") + 1 : line.index("]")]
    return (
        line[: int(len(line) * rng.uniform(0.2, 0.8))],
        line.replace(day, "31/Feb/2026:10:00:00 +0000"),
        line.replace(day, day[:11] + ":25:61:00 +0000"),
        line.split('"GET')[0] + '"\\x16\\x03\\x01" 400 157 "-" "-" -',
        "",
        '  File "/srv/app/handler.py", line 88, in dispatch',
        line.replace('HTTP/1.1" ', 'HTTP/1.1" -'),
        f"{line} {line}",
    )[kind]


def host_counters(seed: int, hosts: int = 6, scrapes: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Scrape the request counters of `hosts` (uint32, hosts x scrapes) at given seconds (scrapes).

    A scrape is due every 15 seconds; some come late, and a counter starts from 0 with its process.
    """
    rng = np.random.default_rng([seed, 3])
    scraped_at = np.cumsum(15.0 + rng.choice([0.0, 0.0, 1.5, 15.0], scrapes))
    steps = rng.poisson(40.0 * np.diff(scraped_at, prepend=0.0), (hosts, scrapes))
    counters = rng.integers(3_000_000_000, 4_000_000_000, hosts)[:, None] + steps.cumsum(axis=1)
    for host in rng.choice(hosts, max(hosts // 3, 1), replace=False):
        at = int(rng.integers(2, scrapes))
        counters[host, at:] = rng.poisson(200) + steps[host, at:].cumsum() - steps[host, at]
    return counters.astype(np.uint32), scraped_at


def busy_day(
    seed: int, services: int = 150, requests: int = 300_000
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make a whole day of a larger platform: its requests in no order, and its deploys."""
    rng = np.random.default_rng([seed, 4])
    names = np.array([f"service-{i:03d}" for i in range(services)])
    seconds = rng.integers(0, 86_400, requests)
    frame = pd.DataFrame(
        {
            "time": NIGHT_STARTS + pd.to_timedelta(seconds, unit="s"),
            "service": rng.choice(names, requests),
            "status": rng.choice([200, 404, 503], requests, p=[0.97, 0.02, 0.01]),
            "latency_ms": np.round(rng.lognormal(4.0, 0.7, requests)),
        }
    )
    count = services * 20
    deploys = pd.DataFrame(
        {
            "time": NIGHT_STARTS + pd.to_timedelta(rng.integers(0, 86_400, count), unit="s"),
            "service": rng.choice(names, count),
            "version": [f"r{i:04d}" for i in range(count)],
        }
    )
    return frame, deploys
