"""Signing in and staying signed in, over real HTTP: what holds once holds once, and what has ended has ended."""

import threading
from collections import Counter

import httpx2
import psycopg
import pytest

from sigmasight.services.demo.seed import PASSWORD

from .conftest import ADMIN, STRANGER, Served


@pytest.fixture
def newcomer(served: Served) -> str:
    """The address of somebody whom an administrator has just added."""
    with psycopg.connect(served.url) as conn:
        row = conn.execute("SELECT count(*) FROM users").fetchone()
    assert row is not None
    email = f"newcomer{row[0]}@example.org"
    with served.user(ADMIN) as admin:
        added = admin.post("/admin/users", json={"email": email, "name": "New", "password": "long enough"})
    assert (added.status_code, added.json()["role"], added.json()["active"]) == (201, "user", True)
    return email


def test_a_newcomer_signs_in_and_has_an_empty_portfolio(served: Served, newcomer: str) -> None:
    with served.client(served.tokens(newcomer.upper(), "long enough")["access_token"]) as client:
        assert client.get("/auth/me").json()["email"] == newcomer
        assert [each["name"] for each in client.get("/portfolios").json()["items"]] == ["My portfolio"]
        assert client.get("/admin/users").status_code == 403
    with served.user(ADMIN) as admin:
        again = admin.post("/admin/users", json={"email": newcomer.upper(), "name": "New", "password": "long enough"})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_a_refresh_token_holds_once_and_a_second_use_ends_the_session(served: Served, newcomer: str) -> None:
    first = served.tokens(newcomer, "long enough")
    with served.client() as nobody:
        second = nobody.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
        assert second.status_code == 200
        third = nobody.post("/auth/refresh", json={"refresh_token": second.json()["refresh_token"]}).json()
        assert nobody.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).status_code == 401
        assert nobody.post("/auth/refresh", json={"refresh_token": third["refresh_token"]}).status_code == 401
    with served.client(third["access_token"]) as thief:
        assert thief.get("/auth/me").status_code == 401


def test_of_many_that_refresh_at_once_one_is_served(served: Served, newcomer: str) -> None:
    token = served.tokens(newcomer, "long enough")["refresh_token"]
    seen: Counter[int] = Counter()
    gate = threading.Barrier(8)

    def refresh() -> None:
        with served.client() as nobody:
            gate.wait()
            seen[nobody.post("/auth/refresh", json={"refresh_token": token}).status_code] += 1

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {200: 1, 401: 7}


def test_logging_out_ends_both_tokens_and_leaves_other_sessions(served: Served, newcomer: str) -> None:
    ended, other = (served.tokens(newcomer, "long enough") for _ in range(2))
    with served.client(ended["access_token"]) as client:
        assert client.post("/auth/logout").status_code == 204
        assert client.get("/auth/me").status_code == 401
        assert client.post("/auth/refresh", json={"refresh_token": ended["refresh_token"]}).status_code == 401
    with served.client(other["access_token"]) as client:
        assert client.get("/auth/me").status_code == 200


def test_a_new_password_ends_all_sessions(served: Served, newcomer: str) -> None:
    one, two = (served.tokens(newcomer, "long enough")["access_token"] for _ in range(2))
    with served.client(one) as client:
        wrong = client.post("/auth/password", json={"old_password": "something", "new_password": "another one"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_entry")
        short = client.post("/auth/password", json={"old_password": "long enough", "new_password": "short"})
        assert short.status_code == 422
        assert "short" not in short.text
        right = client.post("/auth/password", json={"old_password": "long enough", "new_password": "another one"})
        assert right.status_code == 204
    for token in (one, two):
        with served.client(token) as client:
            assert client.get("/auth/me").status_code == 401
    assert served.tokens(newcomer, "another one")


def test_who_fails_five_times_has_to_wait_whatever_he_then_says(served: Served, newcomer: str) -> None:
    with served.client() as nobody:
        said = [
            nobody.post("/auth/login", json={"email": newcomer, "password": f"wrong {n}"}).status_code for n in range(5)
        ]
        assert said == [401] * 5
        waits = nobody.post("/auth/login", json={"email": newcomer.upper(), "password": "long enough"})
    assert (waits.status_code, waits.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(waits.headers["Retry-After"]) <= 31
    assert served.tokens(STRANGER)  # others do not wait


def test_nobody_learns_whether_an_address_is_known(served: Served, newcomer: str) -> None:
    with served.client() as nobody:
        answers = [
            nobody.post("/auth/login", json={"email": email, "password": "wrong"}).json()
            for email in (newcomer, "nobody@example.org")
        ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("change", [{"active": False}, {"role": "admin"}])
def test_what_an_administrator_changes_of_a_user_ends_his_sessions(
    served: Served, newcomer: str, change: dict[str, object]
) -> None:
    token = served.tokens(newcomer, "long enough")["access_token"]
    with served.user(ADMIN) as admin:
        users = {each["email"]: each["id"] for each in admin.get("/admin/users").json()["items"]}
        changed = admin.patch(f"/admin/users/{users[newcomer]}", json=change)
        assert changed.status_code == 200
        entry = admin.get("/admin/audit", params={"limit": 1}).json()["items"][0]
    assert (entry["action"], entry["detail"]["user"]) == ("user changed", users[newcomer])
    with served.client(token) as client:
        assert client.get("/auth/me").status_code == 401
    with served.client() as nobody:
        again = nobody.post("/auth/login", json={"email": newcomer, "password": "long enough"})
    assert again.status_code == (401 if change == {"active": False} else 200)
    if change != {"active": False}:
        with served.user(ADMIN) as admin:
            admin.patch(f"/admin/users/{users[newcomer]}", json={"role": "user"})


def test_the_last_administrator_stays_one(served: Served) -> None:
    with served.user(ADMIN) as admin:
        me = admin.get("/auth/me").json()["id"]
        for change in ({"role": "user"}, {"active": False}):
            refused = admin.patch(f"/admin/users/{me}", json=change)
            assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert admin.get("/admin/users").status_code == 200


def test_a_key_may_no_more_than_who_made_it_and_its_secret_is_kept_nowhere(served: Served, newcomer: str) -> None:
    with served.client(served.tokens(newcomer, "long enough")["access_token"]) as client:
        assert client.post("/auth/api-keys", json={"name": "all", "scope": "admin"}).status_code == 403
        past = {"name": "old", "scope": "read", "expires_at": "2020-01-01T00:00:00Z"}
        assert client.post("/auth/api-keys", json=past).status_code == 422
        made = client.post("/auth/api-keys", json={"name": "sheet", "scope": "write"}).json()
        listed = client.get("/auth/api-keys").json()["items"]
    assert [(key["name"], key["prefix"], "secret" in key) for key in listed] == [("sheet", made["secret"][:12], False)]
    with httpx2.Client(base_url=f"{served.address}/api/v1", headers={"X-API-Key": made["secret"]}) as program:
        assert program.get("/auth/me").json()["scope"] == "write"
        assert program.post("/auth/logout").status_code == 403
        password = {"old_password": "long enough", "new_password": "another one"}
        assert program.post("/auth/password", json=password).status_code == 403
    with psycopg.connect(served.url) as conn:
        kept = conn.execute("SELECT key_hash::text, prefix FROM api_keys").fetchall()
    assert made["secret"] not in str(kept)


def test_registration_is_closed_unless_a_setting_opens_it(served: Served) -> None:
    with served.client() as nobody:
        refused = nobody.post("/auth/register", json={"email": "x@example.org", "name": "X", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("email", ["", "nobody", "a b@example.org", "@example.org", "a@b", "a\0@example.org", "ä@"])
def test_what_is_no_address_is_told(served: Served, email: str) -> None:
    with served.client() as nobody:
        answer = nobody.post("/auth/login", json={"email": email, "password": "something"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "something" not in answer.text


def test_every_answer_has_a_request_id_and_keeps_browsers_careful(served: Served) -> None:
    with served.client() as nobody:
        answer = nobody.get("/portfolios", headers={"X-Request-ID": "mine-1"})
        assert answer.headers["X-Request-ID"] == "mine-1"
        assert len(nobody.get("/portfolios", headers={"X-Request-ID": "x" * 101}).headers["X-Request-ID"]) == 36
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    ready = httpx2.get(f"{served.address}/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert httpx2.get(f"{served.address}/health/live").json() == {"status": "ok"}
