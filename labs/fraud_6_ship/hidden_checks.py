"""What learners never see, of the image; seeds of 96 random bits."""

import day
import dockerfiles
from asking import image_of

from autograder.checks import Run, check, expect

IMAGES = "b07c5d21e94f8a3666d1c0fe"


def _planned(run: Run, number: int = 0) -> tuple[dict, dict]:
    """Return a plan and its world: 0 has more than usual, 1 less, 2 needs all its compilers."""
    seed = f"{IMAGES}-{run.parameters['seed']}-{number}"
    plan = day.plan(seed)
    if number == 0:
        plan["libraries"] += ["libjemalloc2", "libssl3"]
        plan["sources"] = ["common", *reversed(plan["sources"])]
    elif number == 1:
        plan["libraries"], plan["compilers"], plan["sources"] = [], [], plan["sources"][:1]
    world = day.world(day.plan(seed) | {"sources": plan["sources"]}, seed)
    if number == 1:
        world["compiled"] = {}
    elif number == 2:
        world["compiled"]["lightgbm"] = plan["compilers"][0]
    return plan, world


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Build it on an amd64 machine for arm64: what of it would an arm64 machine run? And "
    "is every FROM the very image that the plan names?",
)
def runs_on_any_platform(run: Run) -> None:
    for number, platform in enumerate(("linux/arm64", "linux/arm64", "linux/amd64")):
        plan, world = _planned(run, number)
        image = image_of(run, plan, world, platform)
        expect(image["starts"], f"why it would not start on {platform}").to_equal("")
        expect(image["foreign"], f"files in it that are not for {platform}").to_equal([])
        expect(sorted(set(image["bases"])), "the images it stands on").to_equal([plan["base"]])
        expect(image["hashed"], "pip checks hashes").to_equal(True)
        expect(image["system"], "packages of the system").to_equal(sorted(plan["libraries"]))


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Layers, build arguments and variables are kept, also of the stage that only builds, "
    "and also what a later instruction deletes.",
)
def keeps_the_secret_out_of_every_layer(run: Run) -> None:
    for number in range(2):
        plan, world = _planned(run, number)
        leaks = image_of(run, plan, world)["leaks"]
        expect(leaks, "secrets that can be read in a layer").to_equal([])


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Who is process 1, and as whom does it run? Kubernetes can only see of a number that "
    "it is not root. And is the plan afterwards what it was?",
)
def is_nobody_and_can_be_stopped(run: Run) -> None:
    for number in range(2):
        plan, world = _planned(run, number)
        image = image_of(run, plan, world)
        expect(image["user"].split(":")[0], "the user").to_equal(str(plan["user"]))
        expect(image["hears_sigterm"], "SIGTERM reaches the program").to_equal(True)
        expect(" ".join(image["process"]).split()[-2:], "the end of the command").to_equal(
            ["-m", plan["module"]]
        )
        _, after = run.inspect("dockerfile", plan)
        expect(after, "the arguments afterwards").at(0).to_equal(plan)


@check(
    "image",
    points=1,
    needs="builds_and_starts",
    feedback="Change one line of a source file and build again: which instructions run again?",
)
def installs_again_only_when_it_must(run: Run) -> None:
    plan, world = _planned(run)
    image_of(run, plan, world)
    text = run.call("dockerfile", plan)
    for folder in plan["sources"]:
        files = {**world["files"], f"{folder}/deep/more.py": "changed = True"}
        again = dockerfiles.rebuilt(text, world, {**world, "files": files})
        expect(bool(again), "a changed source").to_be_true("it must reach the image")
        installs = [line for line in again if "install" in line]
        expect(installs, "what is installed again when a source changes").to_equal([])
    lines = world["files"][plan["requirements"]] + "requests==2.32\n"
    changed = {**world, "files": {**world["files"], plan["requirements"]: lines}}
    again = dockerfiles.rebuilt(text, world, changed)
    installs = [line for line in again if "pip" in line and "install" in line]
    expect(bool(installs), "changed requirements").to_be_true("pip must install again")
