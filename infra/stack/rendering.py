"""Fill the templates of configuration files."""

import shlex
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.errors import CourseError


def rendered(template: str, **values: Any) -> str:
    """Return the named template filled; a name it does not know is an error."""
    environment = Environment(
        loader=PackageLoader("infra.stack", "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["for_supervisor"] = for_supervisor
    environment.filters["as_command"] = as_command
    environment.filters["as_value"] = as_value
    return environment.get_template(template).render(**values)


def for_supervisor(value: object) -> str:
    """Escape what supervisor would expand; refuse what its file format cannot hold."""
    text = str(value)
    if "\n" in text or " ;" in text:
        raise CourseError(
            "A path or setting of the stack holds a line break or ' ;', which its supervisor "
            "cannot take.",
            mend="Rename the folder that the checkout lies in, or choose another value.",
        )
    return text.replace("%", "%%")


def as_command(words: tuple[str, ...]) -> str:
    """Quote a command as supervisor's parser takes it apart again."""
    return for_supervisor(shlex.join(words))


def as_value(value: object) -> str:
    """Quote the value of an environment variable; it may be a secret, so no error shows it."""
    text = for_supervisor(value)
    if '"' in text:
        raise CourseError(
            "A setting of the stack holds a double quote, which its supervisor cannot take.",
            mend="Choose a password or key without one.",
        )
    return f'"{text}"'
