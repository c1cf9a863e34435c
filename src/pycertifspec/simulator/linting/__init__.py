"""Looks at macro files without running them: for mistakes, and for lines that a test has not run."""

from .coverage import Coverage, coverage, table
from .finding import Finding
from .linter import lint

__all__ = ["Coverage", "Finding", "coverage", "lint", "table"]
