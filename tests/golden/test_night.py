"""The golden night: every number of the demo's books is what was reviewed."""

from golden.night import BOOKS, as_text, differences, golden_night, reviewed_night


def test_every_number_is_the_reviewed_one() -> None:
    made = golden_night()
    assert list(differences(reviewed_night(), made)) == []
    assert as_text(made).count("\n") > 2_500  # every number, not a sample of them


def test_a_difference_is_named_with_its_place_and_size() -> None:
    changed = reviewed_night()
    changed[BOOKS[0]]["snapshot"]["nav"] *= 1.01  # type: ignore[index]
    changed["as_of"] = "2026-11-19"
    told = list(differences(reviewed_night(), changed))
    assert told[0] == "/as_of: 2026-11-20 -> 2026-11-19"
    assert told[1].startswith("/individual/snapshot/nav: ")
    assert told[1].endswith(" (+1.000e-02)")
    assert len(told) == 2


def test_the_last_bits_make_no_difference_but_a_missing_number_does() -> None:
    assert list(differences({"a": 1.0, "b": [2.0]}, {"a": 1.0 + 1e-12, "b": [2.0]})) == []
    assert list(differences({"a": 1.0}, {"a": None})) == ["/a: 1.0 -> None"]
    assert list(differences({"a": 1.0}, {})) == ["/a: 1.0 -> nothing"]
