"""Make API keys, and keep of them only what cannot be turned back into one."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Self

_TOKEN = re.compile(r"key_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
_SALT_BYTES = 16
_HASH_BYTES = 32
# 16 MiB and about 40 ms. A secret of 256 random bits needs no more: it cannot be guessed.
_LOG2_N, _R, _P = 14, 8, 1
_MOST_MEMORY = 64 * 1024 * 1024


@dataclass(frozen=True)
class Token:
    """Hold the two parts of a key: the public id that it is looked up by, and the secret."""

    id: str
    secret: str

    @classmethod
    def new(cls) -> Self:
        """Make a key of 48 random bits to be found by and 256 random bits to be trusted for."""
        return cls(secrets.token_hex(6), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what a caller sent; None where it has not the form of a key."""
        found = _TOKEN.fullmatch(text)
        return cls(found["id"], found["secret"]) if found else None

    def reveal(self) -> str:
        """Return the key as the caller sends it."""
        return f"key_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"Token(id={self.id!r})"


def hash_secret(secret: str) -> str:
    """Return scrypt's hash (RFC 7914) with its salt and parameters, as one line of text."""
    salt = secrets.token_bytes(_SALT_BYTES)
    hashed = _scrypt(secret, salt, _LOG2_N, _R, _P)
    return "$".join(["scrypt", str(_LOG2_N), str(_R), str(_P), _text(salt), _text(hashed)])


def is_secret_of(secret: str, stored: str) -> bool:
    """Say whether `stored` is the hash of `secret`, in a time that does not tell where they differ.

    Raise ValueError for a stored hash of another scheme.
    """
    scheme, *numbers, salt, expected = stored.split("$")
    if scheme != "scrypt" or len(numbers) != 3:
        raise ValueError(f"a key is hashed by {scheme}, which is not scrypt: make it anew")
    log2_n, r, p = map(int, numbers)
    found = _scrypt(secret, base64.b64decode(salt), log2_n, r, p)
    return hmac.compare_digest(found, base64.b64decode(expected))


def _scrypt(secret: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        secret.encode(),
        salt=salt,
        n=2**log2_n,
        r=r,
        p=p,
        maxmem=_MOST_MEMORY,
        dklen=_HASH_BYTES,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
