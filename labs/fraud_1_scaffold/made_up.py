"""Make what looks like a secret and is none, and diffs as git writes them.

No key stands in any file: each is put together when it is asked for, or every scanner that looks
at this repository would be right to complain.
"""

import random
import string

CAPITALS = string.ascii_uppercase + string.digits
LETTERS = string.ascii_letters + string.digits


def fake_secret(rule: str, seed: object) -> str:
    """Return a made-up text that the scanner's `rule` must find; the same seed gives the same."""
    draw = random.Random(f"{rule}-{seed}")
    if rule == "aws_key":
        return draw.choice(("AK", "AS")) + "IA" + _some(draw, CAPITALS, 16)
    if rule == "github_token":
        return "gh" + draw.choice("pousr") + "_" + _some(draw, LETTERS, 36)
    if rule == "private_key":
        kind = draw.choice(("RSA ", "EC ", "OPENSSH ", ""))
        return "-----BEGIN " + kind + "PRIVATE " + "KEY-----"
    if rule == "password_in_url":
        word = _some(draw, string.ascii_lowercase, 9)
        return "postgresql" + f"://scorer:{word}@db.internal:5432/fraud"
    if rule == "random_text":
        # One of each kind by force, the rest by chance: far above 4 bits a character.
        text = ["q", "R", "7", *_some(draw, LETTERS, 37)]
        draw.shuffle(text)
        return "".join(text)
    raise ValueError(f"no rule is called {rule!r}")


def hex_digest(seed: object) -> str:
    """Return 64 hexadecimal digits, as lock files hold them by the hundred."""
    return _some(random.Random(f"digest-{seed}"), "0123456789abcdef", 64)


def file_diff(path: str, hunks: list[tuple[int, int, list[str]]], *, new: bool = False) -> str:
    """Return the diff of one file from hunks of (old start, new start, lines).

    Each line begins with " " (stays), "-" (goes) or "+" (comes), as git writes it.
    """
    shown = f"{path}\t" if " " in path else path  # git's own mark for names with a space
    old = "/dev/null" if new else f"a/{shown}"
    lines = [f"diff --git a/{path} b/{path}"]
    lines += ["new file mode 100644"] if new else ["index 3f1c2aa..9b07d41 100644"]
    lines += [f"--- {old}", f"+++ b/{shown}"]
    for old_start, new_start, body in hunks:
        before = sum(line[0] in " -" for line in body)
        after = sum(line[0] in " +" for line in body)
        lines.append(f"@@ -{_span(old_start, before)} +{_span(new_start, after)} @@")
        lines += body
    return "\n".join(lines) + "\n"


def new_file(path: str, lines: list[str]) -> str:
    """Return the diff that adds a file with these lines."""
    return file_diff(path, [(0, 1, ["+" + line for line in lines])], new=True)


def _span(start: int, count: int) -> str:
    return f"{start}" if count == 1 else f"{start},{count}"


def _some(draw: random.Random, characters: str, count: int) -> str:
    return "".join(draw.choice(characters) for _ in range(count))
