"""What can go wrong, by name.

SigmaSightError
├── CalendarRangeError      a date outside the calendar's sessions
├── InvalidSymbolError      a symbol that cannot be read
├── InvalidScenariosError   a scenario file with errors, each with its place
├── ImportRefusedError      a file that cannot be imported as it is
├── NotFoundError           what was asked for does not exist, or is not the caller's
├── InvalidEntryError       a number or day that cannot be written into a ledger
├── InvalidEntriesError     some of many entries cannot be written, each with what is wrong and where
├── ConflictError           what was asked for contradicts what is there
├── OutdatedError           a change rests on an older version of what it would change
├── NightHeldError          another process runs the night of that date
├── NotATradingDayError     the batch runs on trading days only
├── ProviderError           a market data provider did not answer as agreed
├── NotSignedInError        whoever asks has shown no key or token that holds
├── ForbiddenError          whoever asks is known, and may not
├── TooManyAttemptsError    somebody tries too often; the message says until when to wait
└── DatabaseError           no usable database
    ├── ServerStartError        the embedded server cannot be set up or started
    ├── ServerUnreachableError  nothing usable answers at the database's address
    └── DatabaseSetupError      roles, version or migrations are not as SigmaSight needs them

Errors carry no HTTP and no exit codes: faces translate. Errors in many rows are data (see intake), not exceptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SigmaSightError(Exception):
    """Something anticipated went wrong; the message is for the person who asked."""


class CalendarRangeError(SigmaSightError):
    """A date lies outside the sessions that the calendar knows."""


class InvalidSymbolError(SigmaSightError):
    """A symbol cannot be read."""


class InvalidScenariosError(SigmaSightError):
    """A scenario file has errors; the message gives each with its place."""

    def __init__(self, message: str, *, faults: tuple[tuple[str, str], ...] = ()) -> None:
        """Keep the errors one by one: place, and what is wrong there."""
        super().__init__(message)
        self.faults = faults


class ImportRefusedError(SigmaSightError):
    """A file cannot be imported as it is."""


class NotFoundError(SigmaSightError):
    """What was asked for does not exist, or is not the caller's."""


class InvalidEntryError(SigmaSightError):
    """A number or day cannot be written into a ledger."""


@dataclass(frozen=True, slots=True)
class EntryIssue:
    """One thing that is wrong with one of many entries."""

    index: int  # from 0, in the order in which they came
    field: str | None  # None: it concerns the whole entry
    value: str | None
    message: str


class InvalidEntriesError(SigmaSightError):
    """Some of many entries cannot be written, so none was."""

    def __init__(self, message: str, issues: Sequence[EntryIssue]) -> None:
        """Say what is wrong with each."""
        super().__init__(message)
        self.issues = tuple(issues)


class ConflictError(SigmaSightError):
    """What was asked for contradicts what is there."""


class OutdatedError(SigmaSightError):
    """A change rests on an older version of what it would change."""


class NightHeldError(SigmaSightError):
    """Another process runs the night of that date."""


class NotATradingDayError(SigmaSightError):
    """The batch runs on trading days only."""


class ProviderError(SigmaSightError):
    """A market data provider did not answer as agreed."""


class NotSignedInError(SigmaSightError):
    """Whoever asks has shown no key or token that holds."""


class ForbiddenError(SigmaSightError):
    """Whoever asks is known, and may not do this."""


class TooManyAttemptsError(SigmaSightError):
    """Somebody tries too often."""

    def __init__(self, message: str, *, wait_seconds: int) -> None:
        """Say how long to wait."""
        super().__init__(message)
        self.wait_seconds = wait_seconds


class DatabaseError(SigmaSightError):
    """There is no usable database."""


class ServerStartError(DatabaseError):
    """The embedded server cannot be set up or started."""


class ServerUnreachableError(DatabaseError):
    """Nothing usable answers at the database's address."""


class DatabaseSetupError(DatabaseError):
    """Roles, version or migrations are not as SigmaSight needs them."""
