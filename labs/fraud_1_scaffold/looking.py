"""Look at settings in every way in which they end up on a screen or in a log."""

import io
import json
import logging
import pprint
import traceback


def ways_to_look(settings: dict) -> dict:
    """Return the values of `settings` as plain data, and how each way of looking shows them."""
    return {
        "values": {key: _revealed(value) for key, value in settings.items()},
        "repr": repr(settings),
        "str": str(settings),
        "f-string": " ".join(f"{key}={value}" for key, value in settings.items()),
        "pprint": pprint.pformat(settings),
        "json": json.dumps(settings, default=str),
        "log": _logged(settings),
    }


def ways_to_fail(error: BaseException) -> dict:
    """Return what a refusal says, and the whole traceback that a log would keep of it."""
    return {"refused": str(error), "traceback": "".join(traceback.format_exception(error))}


def _revealed(value: object) -> object:
    return value.reveal() if hasattr(value, "reveal") else value


def _logged(settings: dict) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log = logging.Logger("settings")
    log.addHandler(handler)
    log.info("starting with %s", settings)
    for key, value in settings.items():
        log.info("%s is %r", key, value)
    return stream.getvalue()
