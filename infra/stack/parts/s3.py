"""Objects: versitygw on disk where it is found, moto's server in memory elsewhere."""

import contextlib
import shutil
import subprocess
import sys
import uuid
from functools import cache
from importlib.metadata import version as package_version
from pathlib import Path
from typing import ClassVar

from infra.settings import S3
from infra.settings.endpoint import revealed
from infra.settings.ports import LOOPBACK
from infra.stack.plan import Part, Plan, Program, Told

HEALTH_BUCKET = "lab-health"
_SECONDS = 5


class S3Part(Part):
    """Keep objects: durable with versitygw, gone with the server with moto."""

    name: ClassVar[str] = "s3"

    def version(self, plan: Plan) -> str:
        binary = _versitygw(plan)
        return _version(binary) if binary else f"moto {package_version('moto')}"

    def address(self, plan: Plan) -> str:
        return f"http://{LOOPBACK}:{plan.port(self.name)}"

    def ports(self, plan: Plan) -> tuple[int, ...]:
        return (plan.port(self.name),)

    def keeps(self, plan: Plan) -> Path | None:
        return plan.data(self.name) if _versitygw(plan) else None

    def prepare(self, plan: Plan, told: Told) -> None:
        for folder in ("objects", "metadata", "versions"):
            self._folder(plan, folder).mkdir(parents=True, exist_ok=True)

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        binary, endpoint = _versitygw(plan), plan.settings.s3
        if binary is None:
            port = str(plan.port(self.name))
            moto = ("-m", "infra.stack.parts.moto_server", "--host", LOOPBACK, "--port", port)
            command: tuple[str, ...] = (sys.executable, *moto)
            environment = {"MOTO_PORT": port}
        else:
            listening = ("--port", f"{LOOPBACK}:{plan.port(self.name)}", "--region")
            # Metadata beside the objects, since not every file system takes extended attributes;
            # absolute, since the server changes into the folder of objects before it looks.
            beside = {"--sidecar": "metadata", "--versioning-dir": "versions"}
            folders = [w for o, name in beside.items() for w in (o, str(self._folder(plan, name)))]
            store = ("posix", *folders, "objects")
            command = (str(binary), "--quiet", *listening, endpoint.region, *store)
            environment = {
                "ROOT_ACCESS_KEY_ID": revealed(endpoint.access_key) or "",
                "ROOT_SECRET_ACCESS_KEY": revealed(endpoint.secret_key) or "",
            }
        return (
            Program(
                name=self.name,
                command=command,
                folder=plan.data(self.name),
                environment=environment,
                stop_seconds=5,
            ),
        )

    def probe(self, plan: Plan) -> None:
        """Put an object, get it, delete it."""
        from botocore.exceptions import ClientError

        client = _client(plan.settings.s3)
        with contextlib.closing(client):
            key, token = uuid.uuid4().hex, uuid.uuid4().bytes
            try:
                client.put_object(Bucket=HEALTH_BUCKET, Key=key, Body=token)
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchBucket":
                    raise
                client.create_bucket(Bucket=HEALTH_BUCKET)
                client.put_object(Bucket=HEALTH_BUCKET, Key=key, Body=token)
            if client.get_object(Bucket=HEALTH_BUCKET, Key=key)["Body"].read() != token:
                raise RuntimeError("another object came back than was put")
            client.delete_object(Bucket=HEALTH_BUCKET, Key=key)

    def _folder(self, plan: Plan, name: str) -> Path:
        return plan.data(self.name) / name


def _client(endpoint: S3):  # type: ignore[no-untyped-def]
    from botocore.config import Config
    from botocore.session import Session

    options = endpoint.client_options()
    patience = Config(
        connect_timeout=_SECONDS,
        read_timeout=_SECONDS,
        retries={"max_attempts": 1},
        proxies={},
    )
    options["config"] = options["config"].merge(patience)
    # botocore's own session: it reads no profile of the user's when keys are given.
    return Session().create_client("s3", **options)


def _versitygw(plan: Plan) -> Path | None:
    told = plan.options.versitygw
    if told is not None:
        return told if told.is_file() else None
    found = shutil.which("versitygw")
    return Path(found) if found else None


@cache
def _version(binary: Path) -> str:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    words = said.stdout.split()
    # "Version  : v1.2.3", and "git" from one that was built without a tag.
    return f"versitygw {words[2]}" if len(words) > 2 else "versitygw"
