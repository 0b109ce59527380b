"""A real server over a copy of the demo, and people who ask it over HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx2
import psycopg
import pytest

from support.databases import DatabaseCopies, environment

PATH = "/api/v1"
PASSWORD = "demo12345"  # noqa: S105 - the demo's, which everybody knows
TODAY = "2026-11-20"
CSV = "ticker,quantity,entry_price,entry_date,tags"


@dataclass(frozen=True, slots=True)
class ServedLedger:
    """A server that answers, and the database under it."""

    port: int
    database: str

    def client(self, **headers: str) -> httpx2.Client:
        """Somebody who asks; nobody has signed in."""
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}{PATH}", headers=headers, timeout=60.0)

    def signed_in(self, name: str) -> httpx2.Client:
        """One of the demo's users."""
        with self.client() as outsider:
            given = {"email": f"demo_{name}@sigmasight.com", "password": PASSWORD}
            token = told(outsider.post("/auth/login", json=given))["access_token"]
        return self.client(Authorization=f"Bearer {token}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database has, whoever owns it."""
        with psycopg.connect(self.database) as conn:
            return conn.execute(query).fetchall()  # type: ignore[arg-type]

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection]:
        """A transaction of the operator's."""
        with psycopg.connect(self.database) as conn:
            yield conn


@pytest.fixture(scope="session")
def site(databases: DatabaseCopies, with_demo: str) -> Iterator[ServedLedger]:
    """The API over a copy of the demo, which its tests share."""
    with databases.copy(with_demo) as url, _serving(url) as port:
        yield ServedLedger(port, url)


@pytest.fixture(scope="session")
def holder(site: ServedLedger) -> Iterator[httpx2.Client]:
    """Whose portfolios are asked for and changed."""
    with site.signed_in("individual") as client:
        yield client


@pytest.fixture(scope="session")
def outsider(site: ServedLedger) -> Iterator[httpx2.Client]:
    """Somebody with an account of his own."""
    with site.signed_in("hnw") as client:
        yield client


@pytest.fixture(scope="session")
def passerby(site: ServedLedger) -> Iterator[httpx2.Client]:
    """Somebody who has not signed in."""
    with site.client() as client:
        yield client


@pytest.fixture(scope="session")
def onlooker(site: ServedLedger, holder: httpx2.Client) -> Iterator[httpx2.Client]:
    """A program of the owner that may only read."""
    secret = told(holder.post("/auth/api-keys", json={"name": "spreadsheet", "scope": "read"}), 201)["secret"]
    with site.client(**{"X-API-Key": secret}) as client:
        yield client


@pytest.fixture
def book(holder: httpx2.Client, request: pytest.FixtureRequest) -> str:
    """The path of an empty portfolio of the test's own."""
    made = told(holder.post("/portfolios", json={"name": request.node.name[:200], "market": "simulated"}), 201)
    return f"/portfolios/{made['id']}"


@pytest.fixture(scope="session")
def still(holder: httpx2.Client) -> str:
    """The path of an empty portfolio in which nothing that is asked for can be done."""
    return f"/portfolios/{told(holder.post('/portfolios', json={'name': 'Still'}), 201)['id']}"


@pytest.fixture(scope="session")
def demo_book(holder: httpx2.Client) -> str:
    """The path of the owner's portfolio with sixty nights behind it."""
    items = told(holder.get("/portfolios", params={"limit": 1000}))["items"]
    return next(f"/portfolios/{each['id']}" for each in items if each["name"].startswith("Balanced"))


def told(answer: httpx2.Response, status: int = 200) -> Any:  # noqa: ANN401 - JSON is what it is
    """The body of an answer of a status."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer is."""
    problem: dict[str, Any] = told(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    return problem


def position(symbol: str = "AAPL", quantity: str = "10", price: str = "230.5", **more: object) -> dict[str, object]:
    """A position to be added."""
    return {"symbol": symbol, "quantity": quantity, "entry_price": price, **more}


def add(client: httpx2.Client, book: str, *given: object, **more: object) -> dict[str, Any]:
    """Add a position as ``position`` writes it."""
    made: dict[str, Any] = told(client.post(f"{book}/positions", json=position(*given, **more)), 201)  # type: ignore[arg-type]
    return made


def version(client: httpx2.Client, book: str) -> int:
    """The version of a portfolio."""
    return int(client.get(book).headers["etag"].strip('"'))


def show(client: httpx2.Client, book: str, *rows: str, **more: str) -> httpx2.Response:
    """Send a file of rows to be judged."""
    return show_bytes(client, book, "\n".join((CSV, *rows)).encode(), **more)


def show_bytes(client: httpx2.Client, book: str, content: bytes, **more: str) -> httpx2.Response:
    """Send a file to be judged."""
    fields = {"portfolio_id": book.rpartition("/")[2], **more}
    return client.post("/imports", data=fields, files={"file": ("book.csv", content, "text/csv")})


def money(text: str) -> Decimal:
    """An amount as the API writes it."""
    assert text == f"{Decimal(text):.2f}"
    return Decimal(text)


@contextmanager
def _serving(url: str) -> Iterator[int]:
    """A server in a thread of its own, at a port that was free."""
    import uvicorn

    from sigmasight.api.app import make_app

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(url, SIGMASIGHT_REQUESTS_PER_MINUTE="1000000").items():
            patch.setenv(name, value)
        app = make_app()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        thread.join()
