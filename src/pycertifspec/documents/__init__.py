"""SPEC's scans as event-model documents: composed, kept, sent, written as data files (extra `documents`)."""

from __future__ import annotations

from .composer import Composer, run_uid, scan_documents
from .description import Description, describe_scan
from .instrument import Instrument, look_at
from .measurement import Measurement, from_file, from_record
from .publisher import Publisher
from .spec_file import SpecFileWriter
from .spool import Spool
from .targets import Target, make_target

__all__ = [
    "Composer",
    "Description",
    "Instrument",
    "Measurement",
    "Publisher",
    "SpecFileWriter",
    "Spool",
    "Target",
    "describe_scan",
    "from_file",
    "from_record",
    "look_at",
    "make_target",
    "run_uid",
    "scan_documents",
]
