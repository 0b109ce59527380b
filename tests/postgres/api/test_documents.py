"""The documentation page works without a network: all that it asks for is served here."""

import re

import httpx2

from .conftest import Served


def test_the_page_asks_for_nothing_from_elsewhere(served: Served) -> None:
    with httpx2.Client(base_url=served.address) as nobody:
        page = nobody.get("/docs")
        asked_for = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(asked_for) == 3
        for path in (*asked_for, "/openapi.json"):
            answer = nobody.get(path)
            assert (path[0], answer.status_code, len(answer.content) > 100) == ("/", 200, True)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_every_operation_has_a_word_of_explanation_and_a_name_of_its_own(served: Served) -> None:
    document = httpx2.get(f"{served.address}/openapi.json").json()
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    assert all(each["description"] for each in operations)
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names) > 70
