"""What probes of web servers share."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

SECONDS = 5.0


def ask(method: str, url: str, **options: Any) -> "httpx.Response":
    """Make one request and return the answer; raise for any that is not a success."""
    import httpx

    # Settings of a proxy are for servers elsewhere.
    with httpx.Client(timeout=SECONDS, trust_env=False) as client:
        answer = client.request(method, url, **options)
    if answer.is_error:
        raise RuntimeError(f"{method} {url} answered {answer.status_code}: {answer.text[:200]}")
    return answer
