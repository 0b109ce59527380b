"""Exit codes: what a script can tell from them."""

from collections.abc import Callable

from pydantic import ValidationError

from sigmasight.cli.output import errors
from sigmasight.domain.errors import (
    DatabaseError,
    ImportRefusedError,
    InvalidScenariosError,
    NightHeldError,
    SigmaSightError,
)
from sigmasight.wiring.errors import SettingError

OK = 0
FAILED = 1
USAGE = 2
NIGHT_HELD = 3
NO_DATABASE = 4
IMPORT_REFUSED = 5
BAD_SETTING = 6
INTERRUPTED = 130

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NightHeldError, NIGHT_HELD),
    (DatabaseError, NO_DATABASE),
    (ImportRefusedError, IMPORT_REFUSED),
    (InvalidScenariosError, IMPORT_REFUSED),
    (SettingError, BAD_SETTING),
    (SigmaSightError, FAILED),
)


def guarded(command: Callable[[], None]) -> int:
    """Run a command; what was anticipated becomes one message and a code, a bug keeps its traceback."""
    try:
        command()
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            _tell(f"Error: setting {problem['loc'][0]}: {problem['msg']}")
        return BAD_SETTING
    except SigmaSightError as error:
        _tell(f"Error: {error}")
        return next(code for kind, code in _CODES if isinstance(error, kind))
    except KeyboardInterrupt:
        _tell("Interrupted.")
        return INTERRUPTED
    return OK


def _tell(text: str) -> None:
    errors.print(text, soft_wrap=True)
