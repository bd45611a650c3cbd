"""A small reader of Dockerfiles: it works out what an image would hold, without building any.

It knows ARG, FROM, ENV, WORKDIR, COPY, RUN, USER, ENTRYPOINT, CMD; it passes over EXPOSE, LABEL,
HEALTHCHECK, STOPSIGNAL, SHELL, VOLUME. What it understands of RUN stands in docker_run.py. What
Docker would refuse is refused as a BuildError. After docs.docker.com/reference/dockerfile.
"""

import fnmatch
import hashlib
import json
import posixpath
import re
import shlex
from typing import Any

from docker_run import BuildError, keep, run_command, which

World = dict[str, Any]
_PASSED_OVER = {"EXPOSE", "LABEL", "HEALTHCHECK", "STOPSIGNAL", "SHELL", "VOLUME"}


def build(text: str, world: World, platform: str = "linux/amd64") -> dict[str, Any]:
    """Return what the last stage's image would be; raise BuildError where the build would stop.

    `world`: `files` (what lies beside the Dockerfile, path to content), `secrets` (id to value),
    `arguments` (what --build-arg passes, to those who declare it), `private` (packages that pip
    gets with a secret only), `compiled` (packages that need the named system package to install).
    The machine that builds is linux/amd64.

    The answer: `bases` (images from outside), `files`, `system` (packages of the system), `user`,
    `process` (argv of process 1), `hears_sigterm`, `starts` ("" or why it would not), `leaks`
    (secrets that somebody can read in a layer of any stage), `hashed` (pip checked hashes),
    `foreign` (files made for another platform), `layers` (pairs of instruction and cache key).
    """
    stages: dict[str, Any] = {}
    found: dict[str, Any] = {"layers": [], "bases": [], "seen": [], "hashed": True}
    given: dict[str, str] = {}
    stage: Any = None
    for line in _lines(text):
        word, _, rest = line.partition(" ")
        word, rest = word.upper(), rest.strip()
        if word == "ARG":
            name, _, default = rest.partition("=")
            value = world["arguments"].get(name, given.get(name, default.strip("\"'")))
            (given if stage is None else stage["env"])[name] = value
            line = f"ARG {name}={value}"
        elif word == "FROM":
            automatic = {"BUILDPLATFORM": "linux/amd64", "TARGETPLATFORM": platform}
            stage = _begin(_filled(rest, given | automatic), stages, platform, found)
            stages[str(len({id(one) for one in stages.values()}))] = stage
            if match := re.search(r" as (\S+)$", rest, re.IGNORECASE):
                stages[match[1].lower()] = stage
        elif stage is None:
            raise BuildError(f"{word} stands before the first FROM")
        if word not in ("ARG", "FROM"):
            line = f"{word} {_do(word, rest, stage, stages, world, found)}"
        if stage is not None:
            stage["key"] = hashlib.sha256(f"{stage['key']}|{line}".encode()).hexdigest()
            found["layers"].append((f"{word} {rest}", stage["key"]))
            found["seen"] += [line, *(content for content, _ in stage["files"].values())]
    if stage is None:
        raise BuildError("there is no FROM")
    return _told(stage, found, world, platform)


def rebuilt(text: str, before: World, after: World) -> list[str]:
    """Return the instructions that a second build runs again when `before` became `after`."""
    known = {key for _, key in build(text, before)["layers"]}
    return [line for line, key in build(text, after)["layers"] if key not in known]


def _lines(text: str) -> list[str]:
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\s*\n", " ", "\n".join(kept))
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip()]


def _filled(text: str, values: dict[str, str], shell: bool = False) -> str:
    """Fill variables in; in a line of shell, leave those that only the shell may know."""
    return re.sub(
        r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))",
        lambda m: values.get(m[1] or m[3], m[2] or (m[0] if shell else "")),
        text,
    )


def _begin(rest: str, stages: dict[str, Any], platform: str, found: dict[str, Any]) -> Any:
    words = rest.split()
    flags = dict(w.split("=", 1) for w in words if w.startswith("--") and "=" in w)
    (image, *_) = [w for w in words if not w.startswith("--")] or [""]
    if not image:
        raise BuildError("FROM names no image")
    if image.lower() in stages:
        old = stages[image.lower()]
        copied = {k: v.copy() if isinstance(v, dict | set) else v for k, v in old.items()}
        return copied | {"cmd": old["cmd"], "entrypoint": old["entrypoint"]}
    found["bases"].append(image)
    arch = flags.get("--platform", platform)
    paths = ("/usr/local/bin/python", "/usr/local/bin/pip", "/bin/sh")
    return {
        "files": dict.fromkeys(paths, ("", arch)),
        "env": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
        "system": set(),
        "users": {"root"},
        "user": "root",
        "workdir": "/",
        "entrypoint": None,
        "cmd": None,
        "arch": arch,
        "active": "",
        "key": f"{image} {arch}",
    }


def _do(word: str, rest: str, stage: Any, stages: Any, world: World, found: Any) -> str:
    """Carry out one instruction and return what its cache key depends on."""
    filled = _filled(rest, stage["env"], word == "RUN")
    if word == "ENV":
        pairs = shlex.split(filled)
        if "=" not in pairs[0]:
            pairs = [f"{pairs[0]}={' '.join(pairs[1:])}"]
        stage["env"].update(pair.split("=", 1) for pair in pairs)
    elif word == "WORKDIR":
        stage["workdir"] = posixpath.join(stage["workdir"], filled)
    elif word == "USER":
        stage["user"] = filled
    elif word in ("ENTRYPOINT", "CMD"):
        stage[word.lower()] = _argv(rest)
        if word == "ENTRYPOINT":
            stage["cmd"] = None
    elif word == "COPY":
        return filled + _copy(filled, stage, stages, world)
    elif word == "RUN":
        mounts = re.findall(r"--mount=(\S+)", rest)
        shell = re.sub(r"--(?:mount|network|security)=\S+", "", filled).strip()
        # A secret without an id is called as the file that it appears in.
        ids = {
            posixpath.basename(told)
            for one in mounts
            for told in re.findall(r"\b(?:id|target|dst|destination)=([^,]+)", one)
        }
        named = [re.findall(r"\b(target|dst|destination|env)=([^,]+)", one) for one in mounts]
        shown = {f"/run/secrets/{one}" for one in ids}
        shown |= {f"${name}" if key == "env" else name for pairs in named for key, name in pairs}
        value = " ".join(world["secrets"][one] for one in ids if one in world["secrets"])
        stage["active"] = ""  # what is activated is so until the end of this RUN
        for command in re.split(r"&&|;|\|\|", shell):
            keep(command, shown, value, stage)
            run_command(" ".join(command.split()), ids, stage, world, found)
    elif word not in _PASSED_OVER:
        raise BuildError(f"this reader does not know the instruction {word}")
    return filled


def _argv(rest: str) -> list[str]:
    try:
        words = json.loads(rest)
    except json.JSONDecodeError:
        words = None
    # Docker takes what is no JSON list of texts for a line of shell.
    good = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return words if good else ["/bin/sh", "-c", rest]


def _copy(rest: str, stage: Any, stages: Any, world: World) -> str:
    words = json.loads(rest[rest.index("[") :]) if rest.endswith("]") else rest.split()
    flags = dict(w[2:].partition("=")[::2] for w in rest.split() if w.startswith("--"))
    *sources, target = [word for word in words if not word.startswith("--")]
    state = ""
    if "from" in flags:
        if flags["from"].lower() not in stages:
            raise BuildError(f"COPY --from={flags['from']}: there is no such stage")
        other = stages[flags["from"].lower()]
        files, state = {p.lstrip("/"): f for p, f in other["files"].items()}, other["key"]
    else:
        files = {path: (content, "any") for path, content in world["files"].items()}
    folder = target.endswith("/") or target in (".", "./") or len(sources) > 1
    goal = posixpath.normpath(posixpath.join(stage["workdir"], target))
    for source in sources:
        name = posixpath.normpath(source.lstrip("/") or ".")
        inside = {p: f for p, f in files.items() if name == "." or p.startswith(f"{name}/")}
        if inside:  # of a folder its content is copied, not the folder
            copied = {posixpath.join(goal, posixpath.relpath(p, name)): p for p in inside}
        else:
            matching = [p for p in files if fnmatch.fnmatchcase(p, name)]
            if not matching:
                raise BuildError(f"COPY {source}: there is no such file")
            into = folder or any(p.startswith(f"{goal}/") for p in stage["files"])
            copied = {
                posixpath.join(goal, posixpath.basename(p)) if into else goal: p for p in matching
            }
        stage["files"].update({new: files[old] for new, old in copied.items()})
        if "from" not in flags:
            state += repr(sorted((new, files[old]) for new, old in copied.items()))
    return state


def _told(stage: Any, found: Any, world: World, platform: str) -> dict[str, Any]:
    argv = stage["entrypoint"] or []
    if argv[:2] != ["/bin/sh", "-c"]:
        argv = argv + (stage["cmd"] or [])
    shell = bool(argv) and posixpath.basename(argv[0]) in ("sh", "bash", "dash")
    replaced = shell and len(argv) > 2 and argv[2].startswith("exec ")
    seen = "\n".join(found["seen"])
    return {
        "bases": found["bases"],
        "files": sorted(stage["files"]),
        "system": sorted(stage["system"]),
        "user": stage["user"],
        "process": argv,
        "hears_sigterm": bool(argv) and (not shell or replaced),
        "starts": _starts(argv, shell, stage, world),
        "leaks": sorted(name for name, value in world["secrets"].items() if value in seen),
        "hashed": found["hashed"],
        "foreign": sorted(p for p, (_, a) in stage["files"].items() if a not in ("any", platform)),
        "layers": found["layers"],
    }


def _starts(argv: list[str], shell: bool, stage: Any, world: World) -> str:
    """Return "" or why process 1 would end at once."""
    if shell and len(argv) > 2:
        argv = argv[2].removeprefix("exec ").split()
    if not argv:
        return "it has neither ENTRYPOINT nor CMD"
    user = stage["user"].split(":")[0]
    if not user.isdigit() and user not in stage["users"]:
        return f"there is no user {user}"
    python = argv[0] if argv[0].startswith("/") else which(argv[0], stage)
    if python not in stage["files"]:
        return f"there is no {python}"
    if argv[1:2] != ["-m"] or len(argv) < 3:
        return "it does not run a module: python -m NAME"
    places = [stage["workdir"], *stage["env"].get("PYTHONPATH", "").split(":")]
    module = argv[2].replace(".", "/")
    tried = [posixpath.join(p, f"{module}{end}") for p in places for end in (".py", "/__main__.py")]
    if not any(path in stage["files"] for path in tried):
        return f"there is no module {argv[2]} in {stage['workdir']}"
    home = posixpath.dirname(posixpath.dirname(python))
    for name in [*world["private"], *world["compiled"]]:
        if f"{home}/lib/site-packages/{name}" not in stage["files"]:
            return f"{python} has no package {name}"
    return ""
