"""Keys of one space."""

import redis

from infra.settings import Settings

_AT_ONCE = 1000


def drop_keys(settings: Settings, space: str) -> None:
    """Unlink the keys that begin with `space` and a colon."""
    with redis.Redis(**settings.redis.client_options()) as client:
        found = list(client.scan_iter(match=f"{space}:*", count=_AT_ONCE))
        for first in range(0, len(found), _AT_ONCE):
            client.unlink(*found[first : first + _AT_ONCE])
