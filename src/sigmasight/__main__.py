"""Where the process begins: the `sigmasight` command, and `python -m sigmasight`."""

from sigmasight.wiring.threads import use_one_thread

use_one_thread()

from sigmasight.cli.main import run  # noqa: E402 - numpy must find the setting

if __name__ == "__main__":
    run()
