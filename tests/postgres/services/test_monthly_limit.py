"""A vendor's monthly limit is counted from what the database says was spent, whoever spent it."""

from collections.abc import Iterator
from datetime import date

import pytest

from sigmasight.batch.asking import Asked, ask_all
from sigmasight.domain.market_data import Market
from sigmasight.domain.usage import Usage
from sigmasight.market.requests import PriceRequest
from sigmasight.services.market_plan import find_universe
from sigmasight.store.provider_usage import add_usage, usage_between
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.settings import Settings
from support.box_tradefeeds import KEY, TradeFeedsBox, opened_tradefeeds
from support.databases import environment

TODAY = date(2026, 11, 20)
PROXIES = ("SPY", "VTV", "VUG", "MTUM", "QUAL")
SPENT_BEFORE = {date(2026, 10, 31): 5_000.0, date(2026, 11, 1): 30.0}


@pytest.fixture
def application(url: str) -> Iterator[Application]:
    """On a database in which TradeFeeds, and another vendor, were asked before; with a box that knows nothing."""
    limits = {"SIGMASIGHT_TRADEFEEDS_CREDITS_PER_MONTH": "100", "SIGMASIGHT_TRADEFEEDS_USD_PER_CREDIT": "0.5"}
    paces = {"SIGMASIGHT_TRADEFEEDS_PER_MINUTE": "60000", "TRADEFEEDS_API_KEY": KEY}
    with open_application(Settings.model_validate(environment(url)), lambda _: None) as plain:
        box = TradeFeedsBox(plain.simulated_market(), (), TODAY)
        with plain.db.write() as conn:
            for day, amount in SPENT_BEFORE.items():
                add_usage(conn, day, {"tradefeeds": Usage(credits=amount), "fmp": Usage(credits=7_000.0)})
    with opened_tradefeeds(box):
        settings = environment(url, SIGMASIGHT_TRADEFEEDS_ADDRESS=box.address, **limits, **paces)
        with open_application(Settings.model_validate(settings), lambda _: None) as opened:
            yield opened


def ask(application: Application) -> Asked:
    """What a night asks for prices of one session."""
    with application.db.write() as conn:
        universe = find_universe(conn, Market.LIVE, application.calendar, TODAY)
    sources = application.night_plan().sources[Market.LIVE]
    request = PriceRequest(PROXIES, (TODAY, TODAY))
    return ask_all(application.db, universe, [request], sources, guard=lambda _: None, progress=lambda *_: None)


def test_a_month_s_credits_are_spent_once(application: Application) -> None:
    said = "tradefeeds has no credits left this month: a call takes 20, and {} are left of {}"
    setting = "SIGMASIGHT_TRADEFEEDS_CREDITS_PER_MONTH"
    for _ in range(2):  # 30 of 100 were spent: three calls fit, and none another time
        (error,) = ask(application).errors
        assert (error["provider"], error["reason"]) == ("tradefeeds", said.format(10, setting))
        with application.db.read() as conn:
            spent = usage_between(conn, date(2026, 11, 1), TODAY)["tradefeeds"]
        assert (spent.calls, spent.errors, spent.credits, spent.cost) == (3, 0, 90.0, 30.0)
