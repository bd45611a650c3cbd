"""Moments and durations on the wire, as whole numbers of a unit."""

import datetime
import re
import sys
from typing import Any

from .limits import Refused

UNITS = ("s", "ms", "us", "ns")
_ZONE = re.compile(r"UTC([+-]\d\d:\d\d)?|[A-Z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}")
_INT64 = 1 << 63


def zone_name(zone: Any) -> str | None:
    """Return a name by which pandas finds the zone again; a zone without one counts as UTC."""
    if zone is None:
        return None
    name = str(zone)
    return name if len(name) <= 40 and _ZONE.fullmatch(name) else "UTC"


def checked_zone(name: Any) -> str | None:
    """Return a zone name that cannot lead pandas to a file, else raise Refused."""
    if name is None:
        return None
    if type(name) is not str or len(name) > 40 or not _ZONE.fullmatch(name):
        raise Refused("unknown time zone")
    return name


def encode_time(value: Any) -> list[Any] | None:
    """Return the wire form of a moment or duration of exactly a known type, else None."""
    kind = type(value)
    if kind is datetime.datetime:
        return ["dt", value.isoformat()]
    if kind is datetime.date:
        return ["da", value.isoformat()]
    if kind is datetime.time:
        return ["tm", value.isoformat()]
    if kind is datetime.timedelta:
        return ["td", value.days, value.seconds, value.microseconds]
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if value is pandas.NaT:
        return ["NaT"]
    if kind is pandas.Timestamp:
        return ["T", int(value.asm8.view("i8")), value.unit, zone_name(value.tz)]
    if kind is pandas.Timedelta:
        return ["D", int(value.asm8.view("i8")), value.unit]
    return None


def encode_numpy_time(value: Any) -> list[Any] | None:
    """Return the wire form of a numpy datetime64 or timedelta64 as pandas' own, else None."""
    import pandas

    kind = pandas.Timestamp if value.dtype.kind == "M" else pandas.Timedelta
    return encode_time(kind(value))


def _count(value: Any, unit: Any) -> tuple[int, str]:
    if type(value) is not int or not -_INT64 < value < _INT64 or unit not in UNITS:
        raise Refused("malformed time")
    return value, unit


def _libraries() -> tuple[Any, Any]:
    import numpy
    import pandas

    return numpy, pandas


def decode_timestamp(value: Any, unit: Any, zone: Any) -> Any:
    """Build a pandas Timestamp from a count of `unit` since 1970 in UTC."""
    numpy, pandas = _libraries()
    moment = pandas.Timestamp(numpy.datetime64(*_count(value, unit)))
    name = checked_zone(zone)
    return moment if name is None else moment.tz_localize("UTC").tz_convert(name)


def decode_timedelta(value: Any, unit: Any) -> Any:
    """Build a pandas Timedelta from a count of `unit`."""
    numpy, pandas = _libraries()
    return pandas.Timedelta(numpy.timedelta64(*_count(value, unit)))


def decode_nat() -> Any:
    """Return the missing time of pandas."""
    import pandas

    return pandas.NaT


def decode_duration(days: Any, seconds: Any, microseconds: Any) -> datetime.timedelta:
    """Build a timedelta of the standard library."""
    if any(type(part) is not int for part in (days, seconds, microseconds)):
        raise Refused("malformed duration")
    return datetime.timedelta(days, seconds, microseconds)


def decode_iso(kind: type, text: Any) -> Any:
    """Build a date, time or datetime of the standard library from its ISO text."""
    if type(text) is not str or len(text) > 60:
        raise Refused("malformed date")
    return kind.fromisoformat(text)  # type: ignore[attr-defined]
