"""What can be chosen about the local stack, beside its ports."""

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StackOptions(BaseSettings):
    """Hold the LAB_STACK_… variables; each has a default that works on a laptop."""

    model_config = SettingsConfigDict(
        env_prefix="LAB_STACK_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    jars: Path = Field(default_factory=lambda: user_cache_path("mlops-course-lab") / "jars")
    versitygw: Path | None = None
    mlflow_store: Literal["sqlite", "postgres"] = "sqlite"
    least_free_mb: Annotated[int, Field(ge=0)] = 500
    patience_seconds: Annotated[float, Field(gt=0)] = 90.0
