"""Reads a beamline's description; which kind of file it is, its content tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import InvalidFileError

from .spec_file import is_spec_config, spec_description
from .toml_file import toml_description

if TYPE_CHECKING:
    from pathlib import Path

    from .description import Description

# No beamline's description is as long; SPEC's own with 500 motors has 50 kB.
MAX_FILE = 4 * 1024 * 1024


def read_description(path: Path) -> Description:
    """Read a TOML file or SPEC's `config` file.

    Raises:
        InvalidFileError: it cannot be read, or what it says cannot be simulated; the message names the file, the
            place and what was expected.

    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise InvalidFileError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE:
        raise InvalidFileError(f"{path} is longer than {MAX_FILE} bytes, expected the description of a beamline")
    latin = data.decode("latin-1")
    if is_spec_config(latin):
        return spec_description(_text(data) or latin, str(path))
    text = _text(data)
    if text is None:
        raise InvalidFileError(f"{path} is not text in UTF-8, expected a TOML file or SPEC's config file")
    return toml_description(text, str(path))


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
