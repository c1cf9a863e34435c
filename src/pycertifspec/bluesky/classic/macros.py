"""The macros that let SPEC compute for a program on the other side: nothing moves.

What they change on the way, ``A[]`` and H K L, they put back. An error leaves it to be read again, as ``ca`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Mode, wavelength, orientation matrix: all that decides what the numbers mean.
_STATE = ", ".join(["g_mode", "LAMBDA", *(f"UB[{i}]" for i in range(9))])

# A reflection that no angle of the detector reaches must not end the command: its angles are no numbers.
_ANGLES = """
rdef _pcs_angles(points, {starts}) '{{
	local p[], n, i, text, h, k, l, x, y, z, {saved}
	{save}
	h = H; k = K; l = L
	text = ""
	n = split(points, p)
	for (i = 0; i < n; i += 3) {{
		H = p[i]; K = p[i+1]; L = p[i+2]
		x = UB[0]*H + UB[1]*K + UB[2]*L
		y = UB[3]*H + UB[4]*K + UB[5]*L
		z = UB[6]*H + UB[7]*K + UB[8]*L
		if (sqrt(x*x + y*y + z*z) * LAMBDA > 4*PI) text = text "{nothing} "
		else {{
			{start}
			calcA
			text = text sprintf("{format} ", {angles})
		}}
	}}
	{restore}
	calc(2)
	H = h; K = k; L = l
	return(text sprintf("{state_format}", {state}))
}}'
"""

_HKL = """
rdef _pcs_hkl(points) '{{
	local p[], n, i, text, h, k, l, {saved}
	{save}
	h = H; k = K; l = L
	text = ""
	n = split(points, p)
	for (i = 0; i < n; i += {count}) {{
		{put}
		calc(2)
		text = text sprintf("%.15g %.15g %.15g ", H, K, L)
	}}
	{restore}
	calc(2)
	H = h; K = k; L = l
	return(text sprintf("{state_format}", {state}))
}}'
"""

# Lattice, and of both orientation reflections the h k l, six angles and the wavelength.
_CRYSTAL = """
rdef _pcs_crystal() '{{
	local i, text
	text = ""
	for (i = 0; i < 6; i++) text = text sprintf("%.15g ", U[i])
	for (i = 12; i < 32; i++) text = text sprintf("%.15g ", U[i])
	return(text sprintf("{state_format}", {state}))
}}'
"""


def macros(motors: Sequence[str]) -> str:
    """Return the definitions, for a geometry with these motors."""
    count = len(motors)
    words = {
        "count": count,
        "starts": ", ".join(f"s{n}" for n in range(count)),
        "saved": ", ".join(f"a{n}" for n in range(count)),
        "save": "; ".join(f"a{n} = A[{mne}]" for n, mne in enumerate(motors)),
        "restore": "; ".join(f"A[{mne}] = a{n}" for n, mne in enumerate(motors)),
        "start": "; ".join(f"A[{mne}] = s{n}" for n, mne in enumerate(motors)),
        "put": "; ".join(f"A[{mne}] = p[i+{n}]" for n, mne in enumerate(motors)),
        "angles": ", ".join(f"A[{mne}]" for mne in motors),
        "format": " ".join(["%.15g"] * count),
        "nothing": " ".join(["nan"] * count),
        "state": _STATE,
        "state_format": " ".join(["%.15g"] * 11),
    }
    return "".join(text.format(**words) for text in (_ANGLES, _HKL, _CRYSTAL))
