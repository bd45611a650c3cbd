"""Ask the part that runs in this container whether it lives: `python -m …shipping.healthy`."""

import os
import sys
import urllib.error
import urllib.request

PORT_VARIABLE = "FRAUD_HEALTH_PORT"
_SECONDS = 3.0


def is_alive(port: int) -> bool:
    """Say whether /health/live on loopback answers well within three seconds."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/health/live", timeout=_SECONDS
        ) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(int(os.environ.get(PORT_VARIABLE, "8000"))) else 1)
