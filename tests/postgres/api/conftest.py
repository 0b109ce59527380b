"""The API as it is served: a real server on loopback, over a copy of the demo's database."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
import uvicorn

from sigmasight.api.app import make_app
from sigmasight.domain.books import Portfolio
from sigmasight.services.demo.seed import PASSWORD
from sigmasight.services.market_frames import Valuation
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Connection, Database
from sigmasight.store.people import all_portfolios
from support.databases import DatabaseCopies, environment

INDIVIDUAL = "demo_individual@sigmasight.com"
STRANGER = "demo_hnw@sigmasight.com"
ADMIN = "demo_hedgefundstyle@sigmasight.com"
SECRET = "a secret of the tests, of forty characters"  # noqa: S105 - of the tests alone


@dataclass(frozen=True, slots=True)
class Served:
    """A server, and who is known to it."""

    url: str  # of the database
    address: str

    def client(self, token: str | None = None) -> httpx2.Client:
        """Somebody who asks, with a token or key or none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=f"{self.address}/api/v1", headers=headers, timeout=30.0)

    def tokens(self, email: str, password: str = PASSWORD) -> dict[str, str]:
        """Sign in."""
        with self.client() as nobody:
            answer = nobody.post("/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()
        return found

    def user(self, email: str) -> httpx2.Client:
        """Somebody who has signed in."""
        return self.client(self.tokens(email)["access_token"])

    def portfolio_of(self, email: str) -> UUID:
        """The portfolio that a demo user has."""
        with psycopg.connect(self.url) as conn:
            row = conn.execute(
                "SELECT p.id FROM portfolios p JOIN users u ON u.id = p.user_id WHERE u.email = %s "
                "ORDER BY p.opened_on",
                (email,),
            ).fetchone()
        assert row is not None
        found: UUID = row[0]
        return found


@pytest.fixture(scope="session")
def served(databases: DatabaseCopies, with_demo: str) -> Iterator[Served]:
    """The API on a copy of the demo's database, for all tests of the session; one demo user administers it."""
    url = databases.make("served", with_demo)
    with psycopg.connect(url) as conn:
        conn.execute("UPDATE users SET role = 'admin' WHERE email = %s", (ADMIN,))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(url, SIGMASIGHT_SECRET_KEY=SECRET).items():
            patch.setenv(name, value)
        config = uvicorn.Config(make_app(), host="127.0.0.1", port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(url, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join()


@dataclass(frozen=True, slots=True)
class Owner:
    """A demo user who has signed in, with his portfolio as the services see it."""

    client: httpx2.Client
    book: Portfolio
    db: Database
    valuation: Valuation

    def get(self, path: str, **params: object) -> dict[str, Any]:
        """What a path below his portfolio answers."""
        return self.asked("GET", f"/portfolios/{self.book.id}{path}", params=params)

    def asked(self, method: str, path: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - as httpx2 takes it
        """What any path answers."""
        answer = self.client.request(method, path, **how)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @contextmanager
    def place(self, as_of: date) -> Iterator[tuple[Connection, Valuation, UUID, UUID, date]]:
        """What services ask for first."""
        with self.db.read() as conn:
            yield conn, self.valuation, self.book.user_id, self.book.id, as_of


@pytest.fixture(scope="session")
def owner(served: Served) -> Iterator[Owner]:
    """Whose book has longs, shorts and options."""
    with closing(Database(served.url)) as db, served.user(ADMIN) as client:
        with db.read() as conn:
            valuation = Valuation(load_calendar(conn), stale_sessions=5)
            (book,) = (each for user, each in all_portfolios(conn) if user.email == ADMIN)
        yield Owner(client, book, db, valuation)


@pytest.fixture(scope="session")
def stranger(served: Served) -> Iterator[httpx2.Client]:
    """Somebody who owns another portfolio."""
    with served.user(STRANGER) as client:
        yield client


@pytest.fixture(scope="session")
def nobody(served: Served) -> Iterator[httpx2.Client]:
    """Somebody who shows no token."""
    with served.client() as client:
        yield client
