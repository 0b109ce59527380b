"""Which providers serve the live market, in which order, as the settings say."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial

from pydantic import SecretStr
from stamina.instrumentation import set_on_retry_hooks

from sigmasight.domain.usage import Usage
from sigmasight.market.adapters.client import Time, VendorClient
from sigmasight.market.adapters.files import FileMarket
from sigmasight.market.adapters.fmp import Fmp
from sigmasight.market.adapters.fred import Fred
from sigmasight.market.adapters.manners import Manners
from sigmasight.market.adapters.massive import Massive
from sigmasight.market.adapters.tradefeeds import TradeFeeds
from sigmasight.market.meters import Meter
from sigmasight.services.market_sources import Sources
from sigmasight.wiring.clock import today_in_new_york
from sigmasight.wiring.errors import SettingError
from sigmasight.wiring.settings import Settings

Vendor = Fmp | Massive | TradeFeeds | Fred
Provider = FileMarket | Vendor
ADVICE = (
    "no provider has prices of the live market: set FMP_API_KEY or TRADEFEEDS_API_KEY, or SIGMASIGHT_MARKET_FOLDER to "
    "a folder of your own files (docs/reference/providers.md); the demo and what is imported with --simulated need none"
)
_HTTP_LIBRARIES = ("httpx2", "httpcore2")
_BURST_SECONDS = 10.0  # of its minute's calls, a vendor may be asked so many seconds' at once


def live_sources(
    settings: Settings, now: Callable[[], datetime], at_end: ExitStack, spent: Mapping[str, Usage]
) -> Sources:
    """Providers of the live market, of each kind of data those that have it, in the order of SIGMASIGHT_PROVIDERS.

    One whose key or folder is not set is left out. Connections are closed at the end. ``spent`` is what each provider
    has cost this month; what is left of its monthly limit is all that it may cost.

    Raises:
        SettingError: If the order names a provider that there is not, or the folder is none.
    """
    makers: Mapping[str, Callable[[Settings, Time], Provider | None]] = {
        "files": _files,
        "fmp": _fmp,
        "massive": _massive,
        "tradefeeds": partial(_tradefeeds, spent=spent),
        "fred": _fred,
    }
    wanted = [name.strip() for name in settings.providers.split(",") if name.strip()]
    strange = [name for name in wanted if name not in makers]
    if strange:
        raise SettingError(f"SIGMASIGHT_PROVIDERS names {strange[0]!r}; there are {', '.join(makers)}.")
    set_on_retry_hooks(())  # what came of the retries is told by the night; they write no lines of their own
    for name in _HTTP_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)  # below it their lines hold whole addresses, with the keys
    clocks = Time(now, time.monotonic, time.sleep)
    made: list[Provider] = [provider for name in wanted if (provider := makers[name](settings, clocks)) is not None]
    for each in made:
        if not isinstance(each, FileMarket):
            at_end.callback(each.client.close)
    return Sources(
        profiles=tuple(each for each in made if isinstance(each, Fmp)),
        prices=tuple(each for each in made if isinstance(each, Fmp | TradeFeeds | FileMarket)),
        rates=tuple(each for each in made if isinstance(each, Fred | FileMarket)),
        options=tuple(each for each in made if isinstance(each, Massive | FileMarket)),
        funds=tuple(each for each in made if isinstance(each, Fmp | TradeFeeds | FileMarket)),
        meters=tuple(_meter(each) for each in made if not isinstance(each, FileMarket)),
        today=today_in_new_york(now),
        advice=ADVICE,
    )


def _meter(provider: Vendor) -> Meter:
    client = provider.client
    per_minute = 60.0 * client.manners.per_second
    return Meter(client.name, client.usage, provider.calls_for, client.credits, client.cost, per_minute)


def _files(settings: Settings, _: Time) -> FileMarket | None:
    if settings.market_folder is None:
        return None
    folder = settings.market_folder.expanduser()
    if not folder.is_dir():
        raise SettingError(f"SIGMASIGHT_MARKET_FOLDER is {folder}, which is no folder.")
    return FileMarket(folder)


def _fmp(settings: Settings, clocks: Time) -> Fmp | None:
    key = _value(settings.fmp_key)
    if key is None:
        return None
    client = VendorClient(
        name="fmp",
        base_url=settings.fmp_address,
        manners=_manners(settings, settings.fmp_per_minute),
        time=clocks,
        key_setting="FMP_API_KEY",
        params={"apikey": key},
        cost=settings.fmp_cost,
    )
    return Fmp(client, batch=settings.fmp_batch)


def _massive(settings: Settings, clocks: Time) -> Massive | None:
    key = _value(settings.massive_key)
    if key is None:
        return None
    client = VendorClient(
        name="massive",
        base_url=settings.massive_address,
        manners=_manners(settings, settings.massive_per_minute),
        time=clocks,
        key_setting="POLYGON_API_KEY",
        headers={"Authorization": f"Bearer {key}"},
        cost=settings.massive_cost,
    )
    return Massive(client)


def _tradefeeds(settings: Settings, clocks: Time, *, spent: Mapping[str, Usage]) -> TradeFeeds | None:
    key = _value(settings.tradefeeds_key)
    if key is None:
        return None
    name = "tradefeeds"
    client = VendorClient(
        name=name,
        base_url=settings.tradefeeds_address,
        manners=_manners(settings, settings.tradefeeds_per_minute),
        time=clocks,
        key_setting="TRADEFEEDS_API_KEY",
        params={"key": key},
        credits=settings.tradefeeds_credits,
        cost=settings.tradefeeds_cost,
        allowance=settings.tradefeeds_monthly - spent.get(name, Usage()).credits,
        limit_setting="SIGMASIGHT_TRADEFEEDS_CREDITS_PER_MONTH",
    )
    return TradeFeeds(client)


def _fred(settings: Settings, clocks: Time) -> Fred | None:
    key = _value(settings.fred_key)
    if key is None:
        return None
    client = VendorClient(
        name="fred",
        base_url=settings.fred_address,
        manners=_manners(settings, settings.fred_per_minute),
        time=clocks,
        key_setting="FRED_API_KEY",
        params={"api_key": key, "file_type": "json"},
    )
    return Fred(client)


def _value(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _manners(settings: Settings, per_minute: int) -> Manners:
    per_second = per_minute / 60.0
    return Manners(
        capacity=max(per_second * _BURST_SECONDS, 1.0),
        per_second=per_second,
        first_wait=settings.retry_seconds,
        read_seconds=settings.read_seconds,
        total_seconds=settings.answer_seconds,
    )
