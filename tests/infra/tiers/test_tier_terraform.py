"""The cloud tier's Terraform: well formed always, tested where its provider is on disk."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from composed import ROOT
from tools_found import free_port, tool

AWS = ROOT / "infra" / "terraform" / "aws"
MODULES = sorted(path for path in (AWS / "modules").iterdir() if path.is_dir())
FILES = sorted(AWS.rglob("*.tf"))
# Where Terraform itself looks.
PLUGINS = (
    "~/.terraform.d/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
HOLDING_DATA = {"aws_msk_cluster", "aws_db_instance", "aws_s3_bucket"}


def blocks(text: str, kind: str) -> list[tuple[str, str]]:
    """Return name and body of each top-level block; a formatted file closes them in column 0."""
    found = re.findall(rf'^{kind} "([\w-]+)"[^\n]*\{{\n(.*?)^\}}', text, re.M | re.S)
    return [(name, body) for name, body in found]


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the command, made to take the AWS provider from the disk alone."""
    command = tool("terraform")
    places = [os.environ.get("LAB_TERRAFORM_PLUGINS", ""), *PLUGINS]
    for place in (Path(name).expanduser() for name in places if name):
        if list(place.glob("*/hashicorp/aws/*")):
            break
    else:
        pytest.skip("no AWS provider on disk: name its mirror in LAB_TERRAFORM_PLUGINS")
    told = tmp_path_factory.mktemp("terraform") / "rc"
    told.write_text(
        f"disable_checkpoint = true\nprovider_installation {{\n"
        f'  filesystem_mirror {{ path = "{place}" }}\n}}\n',
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CLI_CONFIG_FILE", str(told))
        patch.setenv("TF_CLI_ARGS", "-no-color")
        patch.setenv("TF_IN_AUTOMATION", "1")
        yield command


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    left = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan", "*.tfvars")
    return Path(shutil.copytree(AWS, tmp_path / "aws", ignore=left))


def run(*command: str | Path, folder: Path, most: float = 200) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=most
    )


def test_every_variable_is_told_what_it_is_for() -> None:
    for path in FILES:
        for name, body in blocks(path.read_text(encoding="utf-8"), "variable"):
            assert re.search(r"^  description\s+= (\"|<<)", body, re.M), f"{path}: {name}"
            assert re.search(r"^  type\s+=", body, re.M), f"{path}: {name} has no type"


def test_what_holds_data_cannot_be_destroyed() -> None:
    seen = set()
    for path in FILES:
        for kind, body in blocks(path.read_text(encoding="utf-8"), "resource"):
            if kind in HOLDING_DATA:
                seen.add(kind)
                assert re.search(r"prevent_destroy\s+= true", body), f"{path}: {kind}"
    assert seen == HOLDING_DATA


def test_every_module_pins_its_provider_and_is_used() -> None:
    example = (AWS / "example" / "main.tf").read_text(encoding="utf-8")
    for module in MODULES:
        assert 'version = "~> 5.100"' in (module / "versions.tf").read_text(encoding="utf-8")
        assert f'"../modules/{module.name}"' in example
        assert module.name in (AWS / "teardown" / "README.md").read_text(encoding="utf-8")


def test_no_secret_stands_in_a_file() -> None:
    for path in [*FILES, *AWS.rglob("*.example")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.search(r'(?:password|secret_key|token)\s*=\s*"([^"]+)"', line)
            assert found is None or found.group(1) == "moto", f"{path}: {line}"


@pytest.mark.parametrize(
    ("told", "said"),
    [((), "plan  ROOT"), (("plan",), "plan  ROOT"), (("nothing", "."), "neither plan nor apply")],
)
def test_teardown_does_nothing_unless_told_what(told: tuple[str, ...], said: str) -> None:
    done = run(AWS / "teardown" / "teardown.sh", *told, folder=AWS)
    assert done.returncode == 2
    assert said in done.stderr


def test_files_are_formatted() -> None:
    done = run(tool("terraform"), "fmt", "-check", "-recursive", "-no-color", folder=AWS)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_the_modules_validate_and_keep_their_promises(terraform: str, copied: Path) -> None:
    example = copied / "example"
    assert run(terraform, "init", "-backend=false", folder=example).returncode == 0
    valid = run(terraform, "validate", "-json", folder=example)
    assert json.loads(valid.stdout)["valid"] is True, valid.stdout
    tested = run(terraform, "test", folder=example)
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-2000:]
    passed = re.search(r"(\d+) passed, 0 failed", tested.stdout)
    promised = sum(
        len(re.findall(r"^run \"", path.read_text(encoding="utf-8"), re.M))
        for path in (example / "tests").glob("*.tftest.hcl")
    )
    assert passed and int(passed.group(1)) == promised > 20


@pytest.mark.long
def test_what_moto_knows_is_made_and_torn_down_but_for_the_data(
    terraform: str, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    address, root = f"http://127.0.0.1:{free_port()}", copied / "moto"
    monkeypatch.setenv("TF_VAR_endpoint", address)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", address.split(":")[2]]
    stands_in = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert run(terraform, "init", folder=root).returncode == 0
        _answers(address)
        made = run(terraform, "apply", "-auto-approve", folder=root)
        assert made.returncode == 0, made.stderr
        account = {"region_name": "eu-central-1", "endpoint_url": address}
        account |= {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
        s3, iam = boto3.client("s3", **account), boto3.client("iam", **account)
        assert s3.get_bucket_versioning(Bucket="moto-lab-data")["Status"] == "Enabled"
        assert len(boto3.client("ec2", **account).describe_subnets()["Subnets"]) >= 9
        policy = iam.get_role_policy(RoleName="moto-lab-consumer", PolicyName="allowed")
        writes = [s for s in policy["PolicyDocument"]["Statement"] if s["Sid"] == "Write"]
        assert writes[0]["Resource"] == ["arn:aws:s3:::moto-lab-data/events/*"]

        again = run(terraform, "plan", "-detailed-exitcode", folder=root)
        assert again.returncode == 0, f"a second apply would change something: {again.stdout}"

        script = copied / "teardown" / "teardown.sh"
        early = run(script, "apply", root, folder=root)
        assert early.returncode == 1 and "There is no plan" in early.stderr
        planned = run(script, "plan", root, "-refresh=false", folder=root)
        assert planned.returncode == 0, planned.stderr
        ended = run(script, "apply", root, folder=root)
        assert ended.returncode == 0, ended.stderr
        left = run(terraform, "state", "list", folder=root).stdout
        assert "module.s3." in left and "module.network." in left
        assert "module.iam." not in left and "module.ecr." not in left
        everything = run(terraform, "plan", "-destroy", "-refresh=false", folder=root)
        assert everything.returncode == 1
        assert "prevent_destroy" in everything.stderr
        assert {b["Name"] for b in s3.list_buckets()["Buckets"]} >= {"moto-lab-data"}
    finally:
        stands_in.terminate()
        stands_in.wait(10)


def _answers(address: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{address}/moto-api/").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("moto did not start")
