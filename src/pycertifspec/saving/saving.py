"""`save`: which kind of file is meant, and that a file is whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import LocalProtocolError

from . import nexus, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pycertifspec.simulator.datafile import Scan

FORMS: Final = ("csv", "json", "nexus", "spec")
_SUFFIXES: Final = {
    ".csv": "csv",
    ".json": "json",
    ".h5": "nexus",
    ".hdf5": "nexus",
    ".nxs": "nexus",
    ".nx": "nexus",
    ".spec": "spec",
    ".dat": "spec",
}
TEXT_FORMS: Final[Mapping[str, Callable[[Sequence[Scan]], str]]] = {
    "csv": text.as_csv,
    "json": text.as_json,
    "spec": text.as_spec,
}


def form_of(path: Path, form: str | None = None) -> str:
    """Return the kind of file that is meant: the one that is named, else what the suffix tells.

    Raises:
        LocalProtocolError: it cannot be told.

    """
    found = form or _SUFFIXES.get(path.suffix.lower())
    if found not in FORMS:
        raise LocalProtocolError(
            f"what kind of file is {path}? Its name does not end in one of {', '.join(_SUFFIXES)}; "
            f"name the form: {', '.join(FORMS)}"
        )
    return found


def check(path: Path, form: str | None = None, *, replace: bool = False) -> str:
    """Return the kind of file that is meant if it can be written, as far as can be told without writing.

    Raises:
        LocalProtocolError: what kind of file is meant cannot be told.
        FileExistsError: it is there already.
        ModuleNotFoundError: h5py is not installed, which NeXus needs (extra ``files``).
        OSError: there is no such directory, or nothing can be written there.

    """
    found = form_of(path, form)
    if path.exists() and not replace:
        raise FileExistsError(errno.EEXIST, "is there already; choose another name, or have it replaced", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such directory to save in", str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "nothing can be saved in this directory", str(path.parent))
    if found == "nexus":
        nexus.require()
    return found


def save(
    scans: Sequence[Scan], path: str | os.PathLike[str], form: str | None = None, *, replace: bool = False
) -> None:
    """Write scans to a file; after an error there is none, or the one that was there before.

    Args:
        scans: read from a file, or made by `recorded_scan`.
        path: of the file.
        form: one of `FORMS`; by default what the suffix tells.
        replace: whether a file that is there is replaced.

    Raises:
        LocalProtocolError: what kind of file is meant cannot be told.
        DataFileError: that kind of file cannot hold the scans.
        FileExistsError: it is there already.
        ModuleNotFoundError: h5py is not installed, which NeXus needs (extra ``files``).
        OSError: it cannot be written.

    """
    path = Path(path)
    chosen = check(path, form, replace=replace)
    made = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if chosen == "nexus":
            nexus.write(scans, made)
        else:
            made.write_text(TEXT_FORMS[chosen](scans), encoding="utf-8", newline="\n")
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
