"""Makes `demo.svg`, the picture in the README, by running `pycertifspec demo`."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from rich.console import Console

from pycertifspec.cli import demo

WIDTH = 84  # columns


def main() -> None:
    """Run the demonstration on a console that records it, and write the picture."""
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    console = Console(record=True, file=io.StringIO(), width=WIDTH, color_system="truecolor")
    demo.show(parser.parse_args([]), console)
    picture = Path(__file__).with_suffix(".svg")
    console.save_svg(str(picture), title="make demo")


if __name__ == "__main__":
    main()
