"""Ask a part of fraud detection whether it is well: `python -m projects.fraud.shipping.healthy`.

Without more it asks the one in this container whether it lives; FRAUD_HEALTH_URL names another.
"""

import os
import sys
import urllib.error
import urllib.request

PORT_VARIABLE = "FRAUD_HEALTH_PORT"
URL_VARIABLE = "FRAUD_HEALTH_URL"
_SECONDS = 3.0


def is_well(url: str) -> bool:
    """Say whether this address answers 200 within three seconds."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def address(environment: dict[str, str]) -> str:
    """Return what the environment names, or this container's own /health/live."""
    own = f"http://127.0.0.1:{environment.get(PORT_VARIABLE, '8000')}/health/live"
    return environment.get(URL_VARIABLE) or own


if __name__ == "__main__":
    sys.exit(0 if is_well(address(dict(os.environ))) else 1)
