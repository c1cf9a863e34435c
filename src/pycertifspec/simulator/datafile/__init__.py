"""SPEC data files, written and read (SPEC_LANGUAGE.md 8.4): `formats` writes lines, `Writer` files, `Reader` reads."""

from __future__ import annotations

from .files import Changes, Follower, read_file
from .reader import Reader
from .values import Channels, DataFile, Device, FileHeader, Line, Preset, Problem, Scan, Spectrum
from .writer import Writer, open_writer

__all__ = [
    "Changes",
    "Channels",
    "DataFile",
    "Device",
    "FileHeader",
    "Follower",
    "Line",
    "Preset",
    "Problem",
    "Reader",
    "Scan",
    "Spectrum",
    "Writer",
    "open_writer",
    "read_file",
]
