"""Read a course's nbgrader_config.py."""

from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.errors import CourseError

CONFIG = "nbgrader_config.py"


def load_config(course: Path) -> Config:
    """Load the course's nbgrader_config.py, empty where there is none."""
    path = course / CONFIG
    if not path.is_file():
        return Config()
    try:
        loaded: Any = PyFileConfigLoader(path.name, str(course)).load_config()
    except Exception as error:
        raise CourseError(
            f"{path} cannot be loaded: {type(error).__name__}: {error}.", mend="Mend it."
        ) from error
    return Config(loaded)


def setting(config: Config, section: str, name: str, default: Any) -> Any:
    """Read a setting; traitlets makes an empty table of whatever was never set."""
    if section not in config or name not in config[section]:
        return default
    value = config[section][name]
    return default if isinstance(value, Config) else value
