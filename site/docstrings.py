"""Let the code's docstrings be read as prose, in which a bracket is a bracket and no link."""

import re
from typing import Any

import griffe

_CODE_OR_BRACKET = re.compile(r"`[^`\n]+`|[\[<]")


class PlainDocstrings(griffe.Extension):
    """Escape what Markdown would take for links and tags, outside code spans."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Escape one object's docstring as it is collected."""
        if obj.docstring:
            obj.docstring.value = _CODE_OR_BRACKET.sub(
                lambda match: match[0] if match[0].startswith("`") else "\\" + match[0],
                obj.docstring.value,
            )
