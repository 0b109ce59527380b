"""`make golden`: what changed against the reviewed night; with ACCEPT=1 the new one is kept, to be reviewed."""

import os
import sys

from golden.night import FILE, as_text, differences, golden_night, reviewed_night

_SHOWN = 200


def main() -> None:
    """Show the differences, and keep the new document where that is asked for; ends with 1 where there are any."""
    made = golden_night()
    found = list(differences(reviewed_night() if FILE.exists() else {}, made))
    sys.stdout.writelines(f"{line}\n" for line in found[:_SHOWN])
    if len(found) > _SHOWN:
        sys.stdout.write(f"... and {len(found) - _SHOWN} more\n")
    if os.environ.get("ACCEPT") == "1":
        FILE.write_text(as_text(made), "utf-8")
        sys.stdout.write(f"{len(found)} differences; {FILE.name} holds the new night: review it with git diff\n")
        return
    sys.stdout.write(f"{len(found)} differences against the reviewed night\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
