"""Every operation of the API's document, called by all who may not: nothing of somebody else is read or changed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import jwt
import psycopg
import pytest
from psycopg import sql

from .conftest import ADMIN, INDIVIDUAL, SECRET, STRANGER, Served

PUBLIC = {
    ("post", "/auth/login"),
    ("post", "/auth/refresh"),
    ("post", "/auth/register"),
    ("get", "/factors"),
    ("get", "/stress-scenarios"),
    ("get", "/imports/formats"),
}
OF_THE_MARKET = {"prices", "options", "funds", "instruments"}
STATELESS = {"/greeks", "/analyze"}
ONES_OWN = ("/portfolios/{portfolio_id}/stress", "/portfolios/{portfolio_id}/correlations")
"""What is asked by POST and keeps nothing."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, about the victim's portfolio where it is about one."""

    method: str
    template: str
    path: str
    body: object | None
    parameters: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        """Whether everybody may."""
        return (self.method, self.template) in PUBLIC

    @property
    def is_of_admins(self) -> bool:
        """Whether only administrators may."""
        return self.template.startswith("/admin")

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "get" or self.template in {*STATELESS, *ONES_OWN}

    def by(self, client: httpx2.Client) -> httpx2.Response:
        """Call it."""
        return client.request(self.method.upper(), self.path, json=self.body)


@pytest.fixture(scope="module")
def operations(served: Served) -> list[Operation]:
    """All operations below /api/v1."""
    document = httpx2.get(f"{served.address}/openapi.json").json()
    victim = served.portfolio_of(INDIVIDUAL)
    schemas = document["components"]["schemas"]
    listed = []
    for template, methods in document["paths"].items():
        if not template.startswith("/api/v1"):
            continue
        for method, operation in methods.items():
            names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
            path = template.removeprefix("/api/v1")
            filled = path
            for name in names:
                filled = filled.replace(f"{{{name}}}", _value(served, name, victim))
            listed.append(Operation(method, path, filled, _body(operation, schemas), tuple(names)))
    assert len(listed) >= 20
    return listed


def _value(served: Served, name: str, portfolio: UUID) -> str:
    """What is the victim's, where a name stands for something of a user."""
    tables = {"position_id": "positions", "tag_id": "tags", "import_id": "imports"}
    if name == "portfolio_id":
        return str(portfolio)
    if name in tables:
        with psycopg.connect(served.url) as conn:
            query = sql.SQL("SELECT t.id FROM {} t JOIN portfolios p USING (user_id) WHERE p.id = %s LIMIT 1")
            row = conn.execute(query.format(sql.Identifier(tables[name])), (portfolio,)).fetchone()
        return str(row[0] if row else uuid4())
    return {"symbol": "SPY", "underlying": "SPY", "run_id": "1"}.get(name, str(uuid4()))


def _body(operation: dict[str, object], schemas: dict[str, dict[str, object]]) -> object | None:
    """The document's own example of a body, else what its fields' examples make."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")  # type: ignore[attr-defined]
    return None if content is None else _example(content.get("schema", {}), schemas, content.get("example"))


def _example(schema: dict[str, object], schemas: dict[str, dict[str, object]], given: object | None = None) -> object:
    if given is not None:
        return given
    if "$ref" in schema:
        return _example(schemas[str(schema["$ref"]).rsplit("/", 1)[1]], schemas)
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    if "default" in schema:
        return schema["default"]
    if "properties" in schema:
        required = schema.get("required", [])
        properties: dict[str, dict[str, object]] = schema["properties"]  # type: ignore[assignment]
        return {name: _example(each, schemas) for name, each in properties.items() if name in required}  # type: ignore[operator]
    return {"string": "something long", "integer": 1, "number": 1.0, "boolean": True, "array": []}.get(
        str(schema.get("type"))
    )


@pytest.fixture
def untouched(served: Served) -> Iterator[None]:
    """The victim's rows are afterwards what they were before."""
    before = _rows_of(served, INDIVIDUAL)
    yield
    assert _rows_of(served, INDIVIDUAL) == before


def _rows_of(served: Served, email: str) -> dict[str, str]:
    """A hash of all rows of every table that a user owns, but for his sessions and keys: he signs in meanwhile."""
    with psycopg.connect(served.url) as conn:
        tables = conn.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'user_id' "
            "AND table_schema = 'public' AND table_name NOT IN ('sessions', 'api_keys') "
            "AND table_name NOT IN (SELECT table_name FROM information_schema.views WHERE table_schema = 'public')"
        ).fetchall()
        found = {}
        for (table,) in tables:
            query = sql.SQL("SELECT t.*::text FROM {} t JOIN users u ON u.id = t.user_id WHERE u.email = %s ORDER BY 1")
            rows = conn.execute(query.format(sql.Identifier(table)), (email,)).fetchall()
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
        found["users"] = repr(conn.execute("SELECT * FROM users WHERE email = %s", (email,)).fetchall())
    assert len(found) > 10
    return found


@pytest.mark.usefixtures("untouched")
def test_nobody_is_let_in_but_where_the_documents_say_so(served: Served, operations: list[Operation]) -> None:
    with served.client() as nobody:
        for operation in operations:
            answer = operation.by(nobody)
            is_refused = answer.status_code == 401 and answer.json()["detail"].startswith("Sign in, and send")
            assert is_refused is not operation.is_public, operation
            assert answer.status_code < 500, operation


@pytest.mark.parametrize("which", ["expired", "of another secret", "of an ended session", "changed", "nonsense"])
@pytest.mark.usefixtures("untouched")
def test_a_token_that_does_not_hold_opens_nothing(served: Served, operations: list[Operation], which: str) -> None:
    token = served.tokens(INDIVIDUAL)["access_token"]
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    now = datetime.now(UTC)
    if which == "expired":
        token = jwt.encode(claims | {"exp": now - timedelta(days=3000)}, SECRET, algorithm="HS256")
    elif which == "of another secret":
        token = jwt.encode(claims, SECRET[::-1], algorithm="HS256")
    elif which == "of an ended session":
        with served.client(token) as owner:
            assert owner.post("/auth/logout").status_code == 204
    elif which == "changed":
        token = jwt.encode(claims | {"role": "admin"}, SECRET, algorithm="HS256")
    else:
        token = "a.b.c"  # noqa: S105 - no token at all
    with served.client(token) as impostor:
        for operation in operations:
            if not operation.is_public:
                assert operation.by(impostor).status_code == 401, operation


@pytest.mark.usefixtures("untouched")
def test_a_stranger_finds_nothing_of_somebody_else(served: Served, operations: list[Operation]) -> None:
    with served.user(STRANGER) as stranger:
        for operation in operations:
            if operation.template == "/auth/logout":
                continue
            answer = operation.by(stranger)
            assert answer.status_code < 500, operation
            if operation.is_of_admins:
                assert answer.status_code == 403, operation
            elif operation.parameters and operation.template.split("/")[1] not in {
                "prices",
                "options",
                "funds",
                "instruments",
            }:
                assert answer.status_code == 404, (operation, answer.text)
            for word in (INDIVIDUAL, "Balanced Individual Investor"):
                assert word not in answer.text, operation


@pytest.mark.usefixtures("untouched")
def test_a_read_only_key_changes_nothing(served: Served, operations: list[Operation]) -> None:
    with served.user(INDIVIDUAL) as owner:
        made = owner.post("/auth/api-keys", json={"name": "reads", "scope": "read"})
        assert made.status_code == 201
    with served.client(made.json()["secret"]) as key:
        before = _rows_of(served, INDIVIDUAL)
        for operation in operations:
            answer = operation.by(key)
            assert answer.status_code < 500, (operation, answer.text)
            if not operation.is_read and not operation.is_public:
                assert answer.status_code == 403, (operation, answer.text)
        assert _rows_of(served, INDIVIDUAL) == before
        assert key.get("/portfolios").status_code == 200
    with served.user(INDIVIDUAL) as owner:
        assert owner.delete(f"/auth/api-keys/{made.json()['id']}").status_code == 204
    with served.client(made.json()["secret"]) as key:
        assert key.get("/portfolios").status_code == 401


@pytest.mark.usefixtures("untouched")
def test_administrators_may_what_is_theirs_and_see_no_foreign_book(served: Served, operations: list[Operation]) -> None:
    with served.user(ADMIN) as admin:
        for operation in operations:
            if operation.is_of_admins and operation.method == "get":
                assert operation.by(admin).status_code in {200, 404}, operation
            elif "portfolio_id" in operation.parameters and operation.method == "get":
                assert operation.by(admin).status_code == 404, operation
