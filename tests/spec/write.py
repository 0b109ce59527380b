"""Write docs/reference/measures from the spec tests: ``make docs``."""

from spec.contents import FOLDER, documents


def write() -> None:
    """Write every page and the index, and remove what has no spec any more."""
    FOLDER.mkdir(exist_ok=True)
    wanted = documents()
    for page in FOLDER.iterdir():
        if page.name not in wanted:
            page.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write()
