"""The edge itself, run: TLS, passwords, and what it passes on to the parts behind it."""

import contextlib
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from composed import COMPOSE
from pydantic import SecretStr
from tools_found import free_port, patiently, running, tool

from infra.settings import S3


class Part(BaseHTTPRequestHandler):
    """Answer with the headers it was sent, as a part behind the edge would see them."""

    def do_GET(self) -> None:
        said = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Edge:
    port: int
    secrets: Path

    def get(self, host: str, **options: object) -> httpx.Response:
        trusted = ssl.create_default_context(cafile=str(self.secrets / "edge_certificate.pem"))
        with httpx.Client(verify=trusted, timeout=5) as client:
            return client.get(
                f"https://127.0.0.1:{self.port}/",
                headers={"Host": f"{host}.lab.localhost:{self.port}"},
                extensions={"sni_hostname": f"{host}.lab.localhost"},
                **options,
            )

    @property
    def password(self) -> str:
        return (self.secrets / "edge_password").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tool("openssl")
    folder = tmp_path_factory.mktemp("made") / "secrets"
    subprocess.run([COMPOSE / "make-secrets.sh", folder], check=True, capture_output=True)
    return folder


@contextlib.contextmanager
def edge_before(parts: dict[str, int], secrets: Path, home: Path) -> Iterator[Edge]:
    """Run nginx on the committed configuration, moved to `home` and to ports of loopback.

    `parts` says which port stands in for a part, named as in routes.conf.
    """
    nginx, tls, health = tool("nginx"), free_port(), free_port()
    moved = {
        "/etc/nginx/": f"{home}/",
        "/tmp/": f"{home}/",
        "/run/secrets/edge_certificate": f"{secrets}/edge_certificate.pem",
        "/run/secrets/edge_key": f"{secrets}/edge_key.pem",
        "/run/secrets/edge_users": f"{secrets}/edge_users",
        "listen 8443": f"listen 127.0.0.1:{tls}",
        "127.0.0.1:8081": f"127.0.0.1:{health}",
        "/dev/stdout": f"{home}/access.log",
        "/dev/stderr": f"{home}/error.log",
        "worker_processes 2;": "worker_processes 1; master_process off; daemon off;",
    }
    moved |= {f" {part};": f" 127.0.0.1:{port};" for part, port in parts.items()}
    places = re.compile("|".join(map(re.escape, sorted(moved, key=len, reverse=True))))
    for name in ("nginx.conf", "routes.conf", "proxy.conf"):
        text = (COMPOSE / "edge" / name).read_text(encoding="utf-8")
        text = places.sub(lambda match: moved[match.group()], text)
        (home / name).write_text(text, encoding="utf-8")
    checked = subprocess.run(
        [nginx, "-t", "-c", home / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    with running([nginx, "-c", home / "nginx.conf"]):
        patiently(lambda: httpx.get(f"http://127.0.0.1:{health}/healthz").raise_for_status(), 5)
        yield Edge(tls, secrets)


@pytest.fixture(scope="module")
def edge(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Part)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    port = behind.server_port
    parts = {"grafana:3000": port, "mlflow:5000": port, "s3:7070": port}
    with edge_before(parts, secrets, tmp_path_factory.mktemp("edge")) as found:
        yield found
    behind.shutdown()


def test_secrets_are_made_once_and_kept_from_others(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    subprocess.run([COMPOSE / "make-secrets.sh", secrets], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o777 == 0o700
    passwords = {name: text.strip() for name, text in before.items() if "password" in name}
    assert len(passwords) == 5 and len(set(passwords.values())) == 5
    assert all(len(text) >= 24 for text in passwords.values())


@pytest.mark.parametrize("part", ["grafana", "mlflow", "prometheus"])
def test_nobody_passes_without_the_password(edge: Edge, part: str) -> None:
    for auth in (None, ("lab", "guess"), ("root", edge.password)):
        answer = edge.get(part, auth=auth)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["WWW-Authenticate"]


def test_with_it_the_part_answers_and_never_sees_it(edge: Edge) -> None:
    answer = edge.get("mlflow", auth=("lab", edge.password))
    assert answer.status_code == 200
    assert "Authorization" not in answer.text
    assert "X-Edge-User: lab" in answer.text
    assert f"Host: mlflow.lab.localhost:{edge.port}" in answer.text
    assert "X-Forwarded-Proto: https" in answer.text
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Server"] == "nginx"


def test_signatures_for_s3_are_passed_on_untouched(edge: Edge) -> None:
    signature = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request"
    answer = edge.get("s3", auth=lambda request: _signed(request, signature))
    assert answer.status_code == 200
    assert f"Authorization: {signature}" in answer.text


def _signed(request: httpx.Request, signature: str) -> httpx.Request:
    request.headers["Authorization"] = signature
    return request


def test_the_real_object_store_takes_what_was_signed_for_the_edge(
    secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    binary, port = tool("versitygw"), free_port()
    for name in ("objects", "edge"):
        (tmp_path / name).mkdir()
    keys = {
        "ROOT_ACCESS_KEY": (secrets / "lab_s3_access_key").read_text(encoding="utf-8").strip(),
        "ROOT_SECRET_KEY": (secrets / "lab_s3_secret_key").read_text(encoding="utf-8").strip(),
    }
    store = [binary, "--quiet", "--port", f"127.0.0.1:{port}", "posix", tmp_path / "objects"]
    # Names below localhost are this machine, which not every resolver knows.
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: resolve(
            "127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more
        ),
    )
    with (
        running(store, env=keys, stdout=subprocess.DEVNULL),
        edge_before({"s3:7070": port}, secrets, tmp_path / "edge") as edge,
    ):
        endpoint = S3(
            url=f"https://s3.lab.localhost:{edge.port}",
            region="us-east-1",
            access_key=SecretStr(keys["ROOT_ACCESS_KEY"]),
            secret_key=SecretStr(keys["ROOT_SECRET_KEY"]),
        )
        trust = str(secrets / "edge_certificate.pem")
        client = boto3.client("s3", **endpoint.client_options(), verify=trust)
        patiently(lambda: client.create_bucket(Bucket="bucket"), 5)
        large = bytes(3_000_000)
        client.put_object(Bucket="bucket", Key="a/b c+d", Body=large)
        assert client.get_object(Bucket="bucket", Key="a/b c+d")["Body"].read() == large
        link = client.generate_presigned_url(
            "get_object", Params={"Bucket": "bucket", "Key": "a/b c+d"}
        )
        trusted = ssl.create_default_context(cafile=str(secrets / "edge_certificate.pem"))
        assert httpx.get(link, verify=trusted).content == large
        forged = httpx.get(link.replace("X-Amz-Signature=", "X-Amz-Signature=0"), verify=trusted)
        assert forged.status_code == 403


def test_a_name_that_nobody_has_is_not_found(edge: Edge) -> None:
    assert edge.get("elsewhere", auth=("lab", edge.password)).status_code == 404


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_and_plain_http_are_refused(edge: Edge) -> None:
    plain = httpx.get(f"http://127.0.0.1:{edge.port}/")
    assert plain.status_code == 400
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://127.0.0.1:{edge.port}/", verify=old)


def test_who_guesses_fast_is_slowed_down(edge: Edge) -> None:
    told = [edge.get("grafana", auth=("lab", f"guess {n}")).status_code for n in range(60)]
    assert set(told) == {401, 429}
    assert edge.get("mlflow", auth=("lab", edge.password)).status_code == 200
