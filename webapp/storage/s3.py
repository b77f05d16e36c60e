"""Storage on any S3 server, through the minio client. The only file that speaks S3."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from minio.helpers import check_bucket_name
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from .breaker import Breaker
from .interface import (
    MAX_OBJECT_BYTES,
    DeleteFailure,
    Entry,
    NotFound,
    Stats,
    StorageUnavailable,
    Stored,
    TooLarge,
    check_description,
    check_expiry,
    check_folder,
    check_key,
    check_prefix,
    check_size,
    count,
)

CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
TRANSFER_SECONDS = 10.0
"""For one whole object: the read time-out counts per packet, so a trickle would never end."""
POOL_SIZE = 32
DELETE_BATCH = 1000
"""S3 takes no more in one request."""
METADATA_PREFIX = "x-amz-meta-"
WRONG_LOGIN = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")
MISSING = ("NoSuchKey", "NoSuchBucket", "NoSuchObject")
_HOST_AND_PORT = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
ALREADY_MADE = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


@dataclass(frozen=True, slots=True)
class _Clients:
    """What one process talks with: connections must not be shared across a fork."""

    pid: int
    inside: Minio
    public: Minio
    """Signs links only, for the host name browsers know; the host is part of what is signed."""


class S3Storage:
    """Calls are bounded: a server that cannot be reached costs 2 s, one that never answers 6 s, and nothing once the
    breaker is open. The first write that misses the bucket makes it, so also after the store was emptied."""

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        region: str = "us-east-1",
        secure: bool = False,
        public_endpoint: str = "",
        max_bytes: int = MAX_OBJECT_BYTES,
        breaker: Breaker | None = None,
    ) -> None:
        check_bucket(bucket)
        self._endpoint = parse_origin("S3_ENDPOINT", endpoint, secure)
        self._public = parse_origin("S3_PUBLIC_ENDPOINT", public_endpoint or endpoint, secure)
        self._login = (access_key, secret_key)
        self._bucket = bucket
        self._region = region
        self._max_bytes = max_bytes
        self._breaker = breaker or Breaker()
        self._made: _Clients | None = None

    def put(
        self, key: str, data: bytes, content_type: str = "image/jpeg", metadata: Mapping[str, str] | None = None
    ) -> None:
        check_key(key)
        check_size(key, len(data), self._max_bytes)
        kept = check_description(content_type, metadata)
        with self._asking(key):
            try:
                self._upload(key, data, content_type, kept)
            except S3Error as error:
                if error.code != "NoSuchBucket":
                    raise
                self._make_bucket()
                self._upload(key, data, content_type, kept)

    def _upload(self, key: str, data: bytes, content_type: str, metadata: dict[str, str]) -> None:
        # A part size above the limit keeps every object in one request: no multipart, no threads of the client's.
        self._client.put_object(
            self._bucket,
            key,
            io.BytesIO(data),
            len(data),
            content_type,
            metadata=dict(metadata),
            part_size=max(self._max_bytes, 5 * 1024 * 1024),
        )

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket, location=self._region)
        except S3Error as error:
            if error.code not in ALREADY_MADE:  # another worker was faster
                raise

    def get(self, key: str) -> Stored:
        check_key(key)
        with self._asking(key):
            response = self._client.get_object(self._bucket, key)
            try:
                data = self._read(key, response)
            finally:
                response.close()
                response.release_conn()
        headers = response.headers
        return Stored(
            data,
            headers.get("content-type", "application/octet-stream"),
            _metadata(headers),
            len(data),
            _modified(headers.get("last-modified")),
        )

    def _read(self, key: str, response: BaseHTTPResponse) -> bytes:
        deadline = time.monotonic() + TRANSFER_SECONDS
        data = bytearray()
        while chunk := response.read1(64 * 1024):
            data += chunk
            check_size(key, len(data), self._max_bytes)
            if time.monotonic() > deadline:
                raise StorageUnavailable(
                    f"Storage sent {key!r} too slowly and was cut off. Look at its load and network."
                )
        return bytes(data)

    def url(self, key: str, expires: timedelta) -> str:
        """Signed here, without asking the server."""
        seconds = timedelta(seconds=check_expiry(expires))
        return str(self._clients.public.presigned_get_object(self._bucket, check_key(key), expires=seconds))

    def delete(self, key: str) -> None:
        check_key(key)
        try:
            with self._asking(key):
                self._client.remove_object(self._bucket, key)
        except NotFound:  # the whole bucket is missing
            return

    def delete_all(self, keys: Iterable[str]) -> tuple[DeleteFailure, ...]:
        return self._delete_each(check_key(key) for key in keys)

    def delete_prefix(self, prefix: str) -> tuple[DeleteFailure, ...]:
        check_folder(prefix)
        return self._delete_each(entry.key for entry in self.list(prefix))

    def _delete_each(self, keys: Iterator[str]) -> tuple[DeleteFailure, ...]:
        failures: tuple[DeleteFailure, ...] = ()
        while batch := list(islice(keys, DELETE_BATCH)):
            try:
                with self._asking(batch[0]):
                    # Lazy in the client: nothing is deleted until its errors are read to the end.
                    errors = tuple(self._client.remove_objects(self._bucket, map(DeleteObject, batch)))
            except NotFound:  # the whole bucket is missing
                continue
            kept = (error for error in errors if error.code not in MISSING)
            failures += tuple(DeleteFailure(error.name or "", f"{error.code}: {error.message}") for error in kept)
        return failures

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NotFound:
            return False
        return True

    def size(self, key: str) -> int:
        check_key(key)
        with self._asking(key):
            return int(self._client.stat_object(self._bucket, key).size or 0)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        check_prefix(prefix)
        return self._pages(prefix)

    def _pages(self, prefix: str) -> Iterator[Entry]:
        found = self._client.list_objects(self._bucket, prefix, recursive=True)
        while True:
            try:
                with self._asking(prefix):
                    entry = next(found, None)
            except NotFound:  # no bucket yet
                return
            if entry is None:
                return
            yield Entry(entry.object_name or "", entry.size or 0, entry.last_modified or _modified(None))

    def copy(self, source: str, target: str) -> None:
        check_key(source)
        check_key(target)
        with self._asking(source):
            self._client.copy_object(self._bucket, target, CopySource(self._bucket, source))

    def stats(self) -> Stats:
        return count(self.list())

    @property
    def _client(self) -> Minio:
        return self._clients.inside

    @property
    def _clients(self) -> _Clients:
        """Built by each process for itself. No lock, which a fork could copy in the locked state: two threads may
        build two, and one of them is dropped."""
        made = self._made
        if made is None or made.pid != os.getpid():
            made = self._made = _Clients(os.getpid(), self._build(self._endpoint), self._build(self._public))
        return made

    def _build(self, origin: tuple[str, bool]) -> Minio:
        host, secure = origin
        access_key, secret_key = self._login
        # With a region given, signing makes no network call.
        return Minio(host, access_key, secret_key, secure=secure, region=self._region, http_client=_pool())

    @contextmanager
    def _asking(self, key: str) -> Iterator[None]:
        """Around every call: through the breaker, and in our own words whatever goes wrong."""
        with self._breaker.guard():
            try:
                yield
            except (MinioException, HTTPError, ParseError, ValueError) as error:
                raise self._in_our_words(key, error) from error

    def _in_our_words(self, key: str, error: Exception) -> Exception:
        code = error.code if isinstance(error, S3Error) else None
        if code in MISSING:
            return NotFound(key)
        if code == "EntityTooLarge":
            return TooLarge(key, self._max_bytes + 1, self._max_bytes)
        if code in WRONG_LOGIN:
            return StorageUnavailable(
                f"The S3 server at {self._endpoint[0]} refuses our login ({code}). Check S3_ACCESS_KEY, S3_SECRET_KEY "
                f"and whether that key may use the bucket {self._bucket!r}."
            )
        if code == "RequestTimeTooSkewed":
            return StorageUnavailable("The S3 server's clock and ours differ too much. Set both by NTP.")
        return StorageUnavailable(
            f"The S3 server at {self._endpoint[0]} does not work: {_what_happened(error)}. "
            "Look whether it is running and reachable; S3_ENDPOINT says where we look for it."
        )


def _pool() -> PoolManager:
    """Bounded where the client's own default waits 5 minutes, six times."""
    return PoolManager(
        maxsize=POOL_SIZE,
        timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=Retry(
            total=1,
            redirect=False,  # a redirect would carry our signature elsewhere
            status_forcelist=(500, 502, 503, 504),
            allowed_methods=None,  # every call is idempotent, the POST that deletes many included
            respect_retry_after_header=False,  # a server may ask for an hour
        ),
    )


def check_bucket(bucket: str) -> None:
    try:
        check_bucket_name(bucket, strict=True)
    except ValueError:
        raise ValueError("S3_BUCKET must be 3 to 63 characters of a-z 0-9 and -, such as camkeeper") from None


def parse_origin(name: str, endpoint: str, secure: bool) -> tuple[str, bool]:
    """'host:port' or 'https://host:port' as (host:port, is it https). ValueError with a sentence for anything else."""
    parts = urlsplit(endpoint if "://" in endpoint else f"{'https' if secure else 'http'}://{endpoint}")
    plain = parts.scheme in ("http", "https") and not (parts.path.strip("/") or parts.query or parts.fragment)
    if not plain or not _HOST_AND_PORT.fullmatch(parts.netloc):
        raise ValueError(f"{name} must be host:port or http(s)://host:port, with nothing behind it and no login in it")
    return parts.netloc, parts.scheme == "https"


def _what_happened(error: Exception) -> str:
    """Short and without addresses, signatures or the body of the answer."""
    if isinstance(error, S3Error):
        return f"it answered {error.code}"
    if isinstance(error, ServerError):
        return f"it answered HTTP {error.status_code}"
    if isinstance(error, InvalidResponseError | ParseError | ValueError):
        return "its answer is not S3"
    reason = getattr(error, "reason", None) or error
    return {
        "NewConnectionError": "it refuses the connection",
        "ConnectTimeoutError": f"it cannot be reached within {CONNECT_SECONDS:g} s",
        "NameResolutionError": "its name is unknown",
        "ReadTimeoutError": f"it gave no answer within {READ_SECONDS:g} s",
        "SSLError": "its certificate is not accepted",
        "ResponseError": "it answers with server errors",
    }.get(type(reason).__name__, f"the connection broke ({type(reason).__name__})")


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers.items()}
    return {
        name.removeprefix(METADATA_PREFIX): value for name, value in found.items() if name.startswith(METADATA_PREFIX)
    }


def _modified(header: str | None) -> datetime:
    """The server's date; one that sends none or nonsense gives us the epoch rather than an error."""
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except (ValueError, TypeError):
        return datetime.fromtimestamp(0, UTC)
