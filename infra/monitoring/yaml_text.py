"""Write YAML that reads well: order kept, long expressions as blocks."""

from typing import Any

import yaml  # type: ignore[import-untyped]

_NOTE = "# Written by `python -m infra.monitoring render`: change the code, not this file.\n"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Write text of several lines as a block, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_text(data: Any) -> str:
    """Return `data` as YAML under a line that says where it comes from."""
    written = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return f"{_NOTE}{written}"
