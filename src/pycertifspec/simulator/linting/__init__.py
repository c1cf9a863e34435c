"""Looks for mistakes in macro files without running them: syntax, names that nobody defines, wrong argument counts."""

from .finding import Finding
from .linter import lint

__all__ = ["Finding", "lint"]
