"""The `sigmasight` command."""


def run() -> None:
    """Run the command line."""
