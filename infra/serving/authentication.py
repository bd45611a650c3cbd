"""Tell who calls, at the price of one slow hash a key and process."""

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError

from infra.serving.configuration import KeyConfig
from infra.serving.errors import RefusedError
from infra.serving.key_hashing import Token, hash_secret, is_secret_of
from infra.serving.key_store import KeyRecord, KeyStore
from infra.serving.quotas import Quotas

# More than this many that wait for the one thread that hashes are an attack, or a stampede.
_MOST_CHECKS = 200
_WRONG = "This key is not known, or not valid any more. Send a valid one in the header X-API-Key."


@dataclass(frozen=True)
class Caller:
    """Hold who calls: the key's public id, its owner, and its own quota if it has one."""

    key_id: str
    owner: str
    quota: str | None


@dataclass(frozen=True)
class _Verified:
    record: KeyRecord
    read_at: float


class Authenticator:
    """Check keys against a store, remembering for a while those that were good.

    What is remembered is found by an HMAC under a secret of this process, never by the key itself.
    """

    def __init__(
        self,
        store: KeyStore,
        failures: Quotas,
        config: KeyConfig,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._failures = failures
        self._config = config
        self._clock = clock
        self._now = now
        self._pepper = secrets.token_bytes(32)
        self._verified: dict[bytes, _Verified] = {}
        self._checking: dict[bytes, asyncio.Task[_Verified | None]] = {}
        # One thread: whoever sends wrong keys cannot take more than one core with hashing.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="keys")
        # Stands in for the hash of keys that do not exist, so that those take as long.
        self._nobody = hash_secret(secrets.token_urlsafe(32))

    async def caller(self, sent: str | None, address: str) -> Caller:
        """Return who sent this key; raise RefusedError (401, 429 after many wrong ones, or 503).

        Unknown, wrong, expired and revoked keys are answered alike.
        """
        if not sent:
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED, "no_key", "Send a key in the header X-API-Key."
            )
        digest = hmac.digest(self._pepper, sent.encode("utf-8", "replace"), sha256)
        known = self._verified.get(digest)
        if known is None or self._clock() >= known.read_at + self._config.recheck_seconds:
            known = await self._checked(sent, digest, address)
        if not known.record.is_live(self._now()):
            raise self._refusal()
        return Caller(known.record.id, known.record.owner, known.record.quota)

    async def _checked(self, sent: str, digest: bytes, address: str) -> _Verified:
        token = Token.parse(sent)
        name = f"failures/{address}"
        # A key that was good before is looked up again, even where its address is being refused.
        if digest not in self._verified and await self._failures.is_exhausted(
            name, self._config.failures
        ):
            raise RefusedError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "failures",
                "Too many wrong keys came from your address.",
                retry_after=60,
            )
        found = await self._found(token, digest) if token else None
        if found is None:
            self._verified.pop(digest, None)
            await self._failures.take(name, self._config.failures)
            raise self._refusal()
        self._verified[digest] = found
        return found

    async def _found(self, token: Token, digest: bytes) -> _Verified | None:
        """Look a key up once, however many requests come with it at the same time."""
        if digest not in self._checking:
            if len(self._checking) >= _MOST_CHECKS:
                raise RefusedError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "keys_busy",
                    "Too many keys are being checked.",
                    retry_after=2,
                )
            known = self._verified.get(digest)
            work = asyncio.get_running_loop().run_in_executor(
                self._threads, self._look_up, token, known.record.hashed if known else None
            )
            task = asyncio.ensure_future(_awaited(work))
            self._checking[digest] = task
            task.add_done_callback(lambda _: self._checking.pop(digest, None))
        try:
            return await asyncio.shield(self._checking[digest])
        except SQLAlchemyError as error:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "key_store",
                "Keys cannot be checked at the moment.",
                retry_after=1,
            ) from error

    def _look_up(self, token: Token, verified_hash: str | None) -> _Verified | None:
        # Taken before the look: a revocation that comes during it is not missed for longer.
        read_at = self._clock()
        record = self._store.find(token.id)
        if record is not None and record.hashed == verified_hash:
            good = True
        else:
            good = is_secret_of(token.secret, record.hashed if record else self._nobody)
        if record is None or not good or not record.is_live(self._now()):
            return None
        return _Verified(record, read_at)

    def _refusal(self) -> RefusedError:
        return RefusedError(HTTPStatus.UNAUTHORIZED, "wrong_key", _WRONG)

    def close(self) -> None:
        """End the thread that hashes."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _awaited(work: "asyncio.Future[_Verified | None]") -> _Verified | None:
    return await work
