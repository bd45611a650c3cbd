"""Seal the head of nbgrader's feedback page: nothing runs, nothing is fetched."""

import re

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
_HEAD = f"""<head>
<meta http-equiv="Content-Security-Policy" content="{POLICY}" />
<meta name="referrer" content="no-referrer" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
"""
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
_REMOTE = re.compile(r"url\(\s*['\"]?(?!['\"]?data:)[^)]*\)|@import[^;]*;|\bsourceMappingURL=\S+")


def sealed_header(header: str) -> str:
    """Take scripts and addresses out of the template's own header and add the policy.

    `header` comes from the installed nbgrader, never from a learner, so that patterns will do;
    the policy holds for the whole page, whatever is in it.
    """
    header = _REMOTE.sub("", _SCRIPT.sub("", header))
    return header.replace("<head>", _HEAD, 1)
