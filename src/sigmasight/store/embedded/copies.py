"""A copy of the binaries for the account that runs the server, where it can't read those of the environment."""

import os
import shutil
from pathlib import Path

from sigmasight.domain.errors import ServerStartError
from sigmasight.store.embedded.account import Account
from sigmasight.store.embedded.binaries import ADVICE, PACKAGE, Binaries
from sigmasight.store.embedded.commands import run_program
from sigmasight.store.embedded.locks import exclusive

# The libraries that the wheel brings lie beside the package (Linux) or in it (macOS), and the programs look for them
# at that place relative to themselves.
LIBRARIES = (Path(f"{PACKAGE}.libs"), Path(PACKAGE, ".dylibs"))


def binaries_for(account: Account, binaries: Binaries, root_base: Path) -> Binaries:
    """Return binaries that the account can run: those given, or a copy of them below ``root_base``.

    Raises:
        ServerStartError: If the account can run neither.
        OSError: If the copy cannot be written.
    """
    if _runs(binaries, account):
        return binaries
    if binaries.directory.parents[1].name != PACKAGE:
        raise ServerStartError(
            f"The account '{account.name}', which runs the server because SigmaSight runs as root, cannot run "
            f"{binaries.directory}/postgres. Make the directory readable for it. {ADVICE}"
        )
    copied = Binaries(_copy_of(binaries, root_base), binaries.version)
    if not _runs(copied, account):
        raise ServerStartError(
            f"The account '{account.name}' cannot run {copied.directory}/postgres: it needs to read and to run what "
            f"is below {root_base}. Look at the permissions, and whether the disk is mounted with noexec."
        )
    return copied


def _runs(binaries: Binaries, account: Account) -> bool:
    try:
        return run_program(binaries.program("postgres"), "--version", account=account).ok
    except PermissionError:
        return False


def _copy_of(binaries: Binaries, root_base: Path) -> Path:
    """Return the bin directory of the copy, made if there is none: complete or not there, whoever else makes it."""
    prefix = binaries.directory.parent
    site = prefix.parents[1]
    target = root_base / f"binaries-{_package_version(site)}"
    with exclusive(root_base / "binaries.lock"):
        if not target.exists():
            _copy(site, prefix.relative_to(site), target)
    return target / binaries.directory.relative_to(site)


def _copy(site: Path, prefix: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.new")
    if partial.exists():
        shutil.rmtree(partial)
    try:
        # Headers are for compiling against the server, and half of the time a copy takes.
        shutil.copytree(site / prefix, partial / prefix, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for libraries in LIBRARIES:
            if (site / libraries).is_dir():
                shutil.copytree(site / libraries, partial / libraries, symlinks=True)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _open_to_all(partial)
    partial.rename(target)


def _open_to_all(directory: Path) -> None:
    """Let every account read the files: an environment made with a strict umask is its owner's only."""
    for parent, _, files in os.walk(directory):
        Path(parent).chmod(0o755)
        for path in (Path(parent, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _package_version(site: Path) -> str:
    """Return the version of the package that lies there, so that a newer one gets a copy of its own."""
    names = sorted(path.name for path in site.glob(f"{PACKAGE}-*.dist-info"))
    if not names:
        raise ServerStartError(f"There is {PACKAGE} in {site}, but not as an installed package. {ADVICE}")
    return names[-1].removeprefix(f"{PACKAGE}-").removesuffix(".dist-info")
