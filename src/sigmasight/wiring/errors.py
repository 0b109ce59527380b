"""What can be wrong with the settings."""

from sigmasight.domain.errors import SigmaSightError


class SettingError(SigmaSightError):
    """A setting has a value that cannot be used."""
