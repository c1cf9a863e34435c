"""The tree of our modules, as the code has it and as docs/explanations/architecture.md shows it.

`python -m tests.architecture.tree` writes the code's tree into the page.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "pycertifspec"
PAGE = ROOT / "docs" / "explanations" / "architecture.md"

INDENT = 4
COLUMN = 32  # where the purposes begin; a longer name pushes its own further

_BLOCK = re.compile(r"```text\nsrc/pycertifspec/\n(?P<lines>.*?)```", re.DOTALL)
_LINE = re.compile(r"(?P<indent> +)(?P<name>[\w.]+/?)(?: +(?P<purpose>.*))?")


def purpose(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n", 1)[0]


def modules(source: Path = SOURCE) -> dict[str, str]:
    """Return the purpose of every module of the code, by its path below `source`."""
    return {path.relative_to(source).as_posix(): purpose(path) for path in sorted(source.rglob("*.py"))}


def shown(page: str) -> dict[str, str]:
    """Return the purpose of every module in the page's tree, by its path."""
    block = _BLOCK.search(page)
    assert block is not None, "the page has no tree of src/pycertifspec/"
    found: dict[str, str] = {}
    folders: list[str] = []
    for line in block["lines"].splitlines():
        match = _LINE.fullmatch(line)
        assert match is not None, f"not a line of the tree: {line!r}"
        depth, rest = divmod(len(match["indent"]), INDENT)
        assert rest == 0, f"not indented by {INDENT}: {line!r}"
        assert depth <= len(folders) + 1, f"indented too far: {line!r}"
        del folders[depth - 1 :]
        name = match["name"]
        if name.endswith("/"):
            folders.append(name)
        else:
            path = "".join(folders) + name
            assert path not in found, f"{path} is shown twice"
            found[path] = match["purpose"] or ""
    return found


def draw(tree: dict[str, str]) -> str:
    """Return the lines of a tree: modules first, then folders, each in alphabetical order."""
    lines: list[str] = []

    def add(folder: str, depth: int) -> None:
        inside = [path.removeprefix(folder) for path in tree if path.startswith(folder)]
        start = " " * INDENT * depth
        lines.extend(
            f"{start + name:<{COLUMN}} {tree[folder + name]}".rstrip()
            for name in sorted(inside, key=str.lower)
            if "/" not in name
        )
        for name in sorted({path.split("/")[0] for path in inside if "/" in path}):
            lines.append(f"{start}{name}/")
            add(f"{folder}{name}/", depth + 1)

    add("", 1)
    return "\n".join(lines)


def rewritten(page: str, tree: dict[str, str]) -> str:
    """Return the page with this tree."""
    assert _BLOCK.search(page), "the page has no tree of src/pycertifspec/"
    block = f"```text\nsrc/pycertifspec/\n{draw(tree)}\n```"
    return _BLOCK.sub(lambda _: block, page, count=1)


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(), modules()))
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {len(modules())} modules\n")
