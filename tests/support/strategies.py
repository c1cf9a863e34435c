"""Random messages of every version, byte order and type."""

from __future__ import annotations

import itertools
import string

from hypothesis import strategies as st
from tests.support.packets import Packet

u32 = st.integers(0, 2**32 - 1)
i32 = st.integers(-(2**31), 2**31 - 1)
orders = st.sampled_from(("little", "big"))
names = st.text(string.ascii_letters + string.digits + "/_.", max_size=79)
# Text without NUL, in UTF-8 as SPEC of today may send it.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
ascii_texts = st.text(st.characters(min_codepoint=1, max_codepoint=0x7E), max_size=40)


@st.composite
def packets(draw: st.DrawFn, *, max_body: int = 300) -> Packet:
    """Any packet that does not contradict itself as far as the framing goes."""
    vers = draw(st.sampled_from((2, 3, 4, 4, 4, 5, 9)))
    kind = draw(st.one_of(st.integers(0, 15), i32))
    body = draw(st.one_of(st.binary(max_size=max_body), texts.map(lambda text: (text.encode() + b"\0")[-max_body:])))
    body = body if max_body else b""
    return Packet(
        cmd=draw(st.one_of(st.integers(1, 15), i32)),
        type=kind,
        name=draw(names),
        body=body,
        sn=draw(u32),
        rows=draw(u32),
        cols=draw(u32),
        err=draw(i32) if vers > 2 else 0,
        flags=draw(i32) if vers > 3 else 0,
        sec=draw(u32),
        usec=draw(u32),
        vers=vers,
        order=draw(orders),  # type: ignore[arg-type]
        extra=4 * draw(st.integers(0, 30)) if vers > 4 else 0,
    )


@st.composite
def slices(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """A stream in pieces, some of them empty."""
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=12))
    edges = [0, *sorted(cuts), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]
