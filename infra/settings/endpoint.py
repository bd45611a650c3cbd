"""What all endpoints have in common: frozen, read from LAB_… variables or secret files."""

import os
from typing import Any, ClassVar, Self

from pydantic import SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

SECRETS_VARIABLE = "LAB_SECRETS_DIR"


class Endpoint(BaseSettings):
    """Hold where one part is reached and as whom; printing one shows no secret."""

    part: ClassVar[str]
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before secret files, and both before the tier's defaults."""
        return env_settings, file_secret_settings, init_settings

    @classmethod
    def resolve(cls, defaults: dict[str, Any]) -> Self:
        """Read the environment and secret files over `defaults`; raise ValidationError."""
        folder = os.environ.get(SECRETS_VARIABLE)
        return cls(**defaults, **({"_secrets_dir": folder} if folder else {}))

    @classmethod
    def variable(cls, field: str) -> str:
        """Return the environment variable that sets `field`."""
        return f"{cls.model_config['env_prefix']}{field}".upper()


def revealed(secret: SecretStr | None) -> str | None:
    """Return the secret itself, for handing to a client and nothing else."""
    return secret.get_secret_value() if secret is not None else None
