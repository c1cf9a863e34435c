"""Curves in a terminal. The one door of plotext."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What is left of a terminal's rows for a prompt below.
ROWS_LEFT = 3
# How a point looks where each can be told from the next, and where quarters of a character must do.
FEW, MANY = "\u2022", "hd"


def curve(
    x: Sequence[float],
    y: Sequence[float],
    *,
    labels: tuple[str, str],
    title: str,
    size: tuple[int, int],
    colored: bool,
) -> str:
    """Return a curve as text of a terminal's size; points that are no finite numbers are left out.

    Args:
        x: abscissas.
        y: ordinates, as many.
        labels: of both.
        title: above the curve.
        size: columns and rows of the terminal.
        colored: whether the terminal shows colours.

    """
    import plotext  # noqa: PLC0415  0.1 s

    points = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    if not points:
        return f"{title}: no points"
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless" if not colored else "default")
    figure.canvas("default")
    figure.plot_size(size[0], max(size[1] - ROWS_LEFT, 8))
    figure.title(title)
    figure.label(labels[0], "x")
    figure.label(labels[1], "y")
    marker = MANY if len(points) > size[0] else FEW
    figure.draw(figure.signal([a for a, _ in points], [b for _, b in points], marker=marker))
    text = str(figure.build()).rstrip("\n")
    figure.clear()
    return text if colored else str(plotext.uncolorize(text))
