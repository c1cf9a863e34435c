"""Values as JSON has them: what JSON has no number for is a text, an array is a list."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return a value made of texts, numbers, lists and dicts; nan, inf and -inf are texts, bytes are hexadecimal."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if hasattr(value, "tolist"):  # numpy's
        return plain(value.tolist())
    return value


def _key(key: Any) -> str:
    """Return an associative array's index as text; of two dimensions as SPEC shows them: ``1][2``."""
    return "][".join(map(str, key)) if isinstance(key, tuple) else str(key)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON, in one line unless `indent` says otherwise."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent)
