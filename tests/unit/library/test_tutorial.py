"""The tutorial's boxes are run one after the other, and print what stands below them."""

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "tutorial" / "analyze-a-book.md"
BOX = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def test_the_tutorial_prints_what_it_says() -> None:
    names: dict[str, object] = {}
    printed, checked = "", 0
    for kind, body in BOX.findall(PAGE.read_text("utf-8")):
        if kind == "text":
            assert printed == body
            checked += 1
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(body, str(PAGE), "exec"), names)  # noqa: S102 - our own page
        printed = out.getvalue()
    assert checked == 6
