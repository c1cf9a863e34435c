"""Scans as files of other kinds: `save` writes CSV, JSON, NeXus/HDF5 and SPEC."""

from __future__ import annotations

from .description import described, unique_labels
from .measured import measured_scan
from .recorded import recorded_scan
from .saving import FORMS, check, form_of, save

__all__ = [
    "FORMS",
    "check",
    "described",
    "form_of",
    "measured_scan",
    "recorded_scan",
    "save",
    "unique_labels",
]
