"""One vendor over HTTP: asked no faster than it allows, again when that helps, and never without an end."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import httpx2
import stamina

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.usage import Usage
from sigmasight.market.adapters.answers import text_of
from sigmasight.market.adapters.manners import Breaker, Manners, TokenBucket

Json = object
Params = Mapping[str, str | int]

_NOT_IN_PLAN = (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN)
_KEY = ""  # of what is refused: everything
_KEY_OF_FRED = b"variable api_key"  # FRED answers a bad key with 400 and these words
_PAGE_DEPTH = 3  # parts of a path that name a kind of page; what follows is a symbol
_MOST_PAGES = 1_000
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Time:
    """The clocks, which only wiring may read."""

    now: Callable[[], datetime]
    elapsed: Callable[[], float]  # seconds since some moment; never goes back
    sleep: Callable[[float], None]


class _TryAgainError(Exception):
    """An attempt failed in a way that another one may mend."""

    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait  # seconds that the vendor asks for


@dataclass(slots=True)
class VendorClient:
    """Asks one vendor. It counts what it does in ``usage``; no message of it holds the key."""

    name: str
    base_url: str
    manners: Manners
    time: Time
    key_setting: str  # the setting that holds the key, for messages
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Params = field(default_factory=dict, repr=False)  # added to every call; where the key goes for some vendors
    credits: float = 1.0  # that a call counts against the vendor's limits
    cost: float = 0.0  # USD a credit
    allowance: float = math.inf  # credits that may be spent as long as it lives
    limit_setting: str = ""  # the setting of which the allowance is what is left this month, for messages
    usage: Usage = field(default_factory=Usage)
    _http: httpx2.Client = field(init=False)
    _bucket: TokenBucket = field(init=False)
    _breaker: Breaker = field(init=False)
    _refused: dict[str, str] = field(init=False, default_factory=dict)  # what was said of a kind of page

    def __post_init__(self) -> None:
        """Open the connections' pool."""
        manners = self.manners
        timeout = httpx2.Timeout(manners.read_seconds, connect=manners.connect_seconds)
        self._http = httpx2.Client(timeout=timeout, headers=dict(self.headers), follow_redirects=False)
        self._bucket = TokenBucket(manners.capacity, manners.per_second)
        self._breaker = Breaker(manners.breaker_failures, manners.breaker_seconds)

    def get(self, path: str, params: Params | None = None, *, missing_is_empty: bool = False) -> Json:
        """Ask for a document.

        Args:
            path: Below the vendor's address, or an address of its own on the same host.
            params: Beside those of every call.
            missing_is_empty: A 404 means that the vendor knows nothing of it: None.

        Raises:
            ProviderError: If it is not answered as agreed, after the retries.
        """
        url = self._url(path)
        if said := self._refused.get(_KEY) or self._refused.get(_page(url, self.base_url)):
            raise ProviderError(said)
        if self._breaker.is_open(self.time.elapsed()):
            raise ProviderError(f"{self.name} is left alone for a while after {self.manners.breaker_failures} failures")
        try:
            found = self._with_retries(url, {**self.params, **(params or {})}, missing_is_empty=missing_is_empty)
        except _TryAgainError as error:
            self._breaker.failed(self.time.elapsed())
            raise ProviderError(f"{self.name} {_path(url)}: {error}") from error
        self._breaker.succeeded()
        return found

    def pages(self, path: str, params: Params | None = None) -> Iterator[Json]:
        """Ask for a document and for what its ``next_url`` leads to, page after page.

        Raises:
            ProviderError: If a page is not answered as agreed, leads to another host, or comes again.
        """
        seen: set[str] = set()
        page = self.get(path, params)
        for _ in range(_MOST_PAGES):
            yield page
            following = page.get("next_url") if isinstance(page, dict) else None
            if not following:
                return
            if str(following) in seen:
                raise ProviderError(f"{self.name} {_path(self._url(path))}: a page leads to one that was there before")
            seen.add(str(following))
            page = self.get(str(following))
        raise ProviderError(f"{self.name} {_path(self._url(path))}: more than {_MOST_PAGES} pages")

    def refusal(self, path: str, said: object) -> ProviderError:
        """An answer that says in words why it is none, which counts as an error; our key is left out of the words."""
        self.usage.errors += 1
        words = text_of(str(said)) or "no words"
        for secret in {*map(str, self.params.values()), *(value.split()[-1] for value in self.headers.values())}:
            words = words.replace(secret, "(the key)")
        return ProviderError(f"{self.name} {path}: {words[:_LONGEST_WORDS]}")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _url(self, path: str) -> str:
        try:
            url = urljoin(self.base_url.rstrip("/") + "/", path.lstrip("/") if "://" not in path else path)
            is_mine = _host(url) == _host(self.base_url)
        except (ValueError, httpx2.InvalidURL) as error:
            raise ProviderError(f"{self.name} leads to an address that is none") from error
        if not is_mine:
            raise ProviderError(f"{self.name} leads to another host than {urlsplit(self.base_url).netloc}")
        return url

    def _with_retries(self, url: str, params: Params, *, missing_is_empty: bool) -> Json:
        manners = self.manners
        for attempt in stamina.retry_context(
            on=self._wait,
            attempts=manners.retries + 1,
            timeout=None,
            wait_initial=manners.first_wait,
            wait_jitter=manners.first_wait,
            wait_max=manners.longest_wait,
        ):
            with attempt:
                return self._attempt(url, params, missing_is_empty=missing_is_empty)
        raise AssertionError("the last attempt raises")

    def _wait(self, error: Exception) -> bool | float:
        if not isinstance(error, _TryAgainError):
            return False
        if error.wait is None:
            return True
        return error.wait if error.wait <= self.manners.longest_wait else False

    def _attempt(self, url: str, params: Params, *, missing_is_empty: bool) -> Json:
        left = max(self.allowance - self.usage.credits, 0.0)
        if self.credits > left:
            said = f"a call takes {self.credits:g}, and {left:g} are left of {self.limit_setting}"
            raise ProviderError(f"{self.name} has no credits left this month: {said}")
        self.time.sleep(self._bucket.take(1.0, self.time.elapsed()))
        self.usage.calls += 1
        self.usage.credits += self.credits
        self.usage.cost += self.credits * self.cost
        try:
            status, headers, body = self._fetch(url, params)
            return self._read(url, status, headers, body, missing_is_empty=missing_is_empty)
        except httpx2.HTTPError as error:
            self.usage.errors += 1
            raise _TryAgainError(type(error).__name__) from error
        except (_TryAgainError, ProviderError):
            self.usage.errors += 1
            raise

    def _fetch(self, url: str, params: Params) -> tuple[int, httpx2.Headers, bytes]:
        """One answer, read whole, within the time and the size that are allowed."""
        until = self.time.elapsed() + self.manners.total_seconds
        body = bytearray()
        asked = httpx2.URL(url).copy_merge_params(dict(params))  # a page's address has a query of its own
        with self._http.stream("GET", asked) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > self.manners.largest_bytes:
                    raise ProviderError(f"{self.name} {_path(url)}: more than {self.manners.largest_bytes:,} bytes")
                if self.time.elapsed() > until:
                    raise _TryAgainError(f"not whole after {self.manners.total_seconds:g} s")
            self.usage.bytes += len(body)
            return response.status_code, response.headers, bytes(body)

    def _read(self, url: str, status: int, headers: httpx2.Headers, body: bytes, *, missing_is_empty: bool) -> Json:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _TryAgainError("too many calls (429)", _retry_after(headers, self.time.now()))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _TryAgainError(f"answered {status}", _retry_after(headers, self.time.now()))
        if status == HTTPStatus.UNAUTHORIZED or (status == HTTPStatus.BAD_REQUEST and _KEY_OF_FRED in body):
            self._refused[_KEY] = f"{self.name} refuses the key ({status}): look at {self.key_setting}"
            raise ProviderError(self._refused[_KEY])
        if status in _NOT_IN_PLAN:
            page = _page(url, self.base_url)
            self._refused[page] = f"{self.name} refuses {page} to the key in {self.key_setting} ({status})"
            raise ProviderError(self._refused[page])
        if status == HTTPStatus.NOT_FOUND and missing_is_empty:
            return None
        if status != HTTPStatus.OK:
            raise ProviderError(f"{self.name} answered {status}")
        try:
            found: Json = json.loads(body)
        except (ValueError, RecursionError) as error:  # no JSON, or a number or depth beyond all measure
            raise _TryAgainError("answered no whole JSON") from error
        return found


def _retry_after(headers: httpx2.Headers, now: datetime) -> float | None:
    """Seconds that a vendor asks to wait, written as seconds or as a date."""
    told = headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        instant = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)


def _host(url: str) -> tuple[str, str, int | None]:
    found = httpx2.URL(url)
    return found.scheme, found.host, found.port


def _path(url: str) -> str:
    return urlsplit(url).path


def _page(url: str, base_url: str) -> str:
    """The kind of page that an address below the vendor's leads to, such as v3/snapshot/options."""
    below = urlsplit(url).path.removeprefix(urlsplit(base_url).path).strip("/")
    return "/".join(below.split("/")[:_PAGE_DEPTH])
