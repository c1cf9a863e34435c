"""What a command itself has printed: SPEC's screen without prompts and without other people's output."""

from __future__ import annotations

import re

# What SPEC shows when it waits for a command: number and program (PROTOCOL.md 5.4).
PROMPT = re.compile(r"(?:^|(?<=\n))\n?[ \t]*\d+\.[A-Za-z_][\w.-]*> ?", re.MULTILINE)
# Some servers end the event of a prompt with a newline (5.4); one that comes later is the next command's.
_PROMPT_EVENT = re.compile(r"(\d+\.[A-Za-z_][\w.-]*> ?)\n\Z")

# A prompt with something behind it, and what may become one, at the end of what has come.
_WHOLE = re.compile(r"(?<=\n)\n?[ \t]*\d+\.[A-Za-z_][\w.-]*> ?(?=[^ ])")
_BEGUN = re.compile(r"(?<=\n)\n?[ \t]{0,80}(?:\d{1,12}(?:\.(?:[A-Za-z_][\w.-]{0,80}(?:> ?)?)?)?)?\Z")


def event_text(text: str) -> str:
    """Return what an event of the screen shows, without the newline that a prompt may have behind it."""
    return _PROMPT_EVENT.sub(r"\1", text)


def own_output(text: str) -> str:
    """Return what a command itself has printed.

    A prompt at the end is the one after it. Before an earlier one stands what was left of another's command.
    """
    prompts = [match for match in PROMPT.finditer(text) if match[0].strip()]
    if prompts and not text[prompts[-1].end() :].strip():
        text = text[: prompts.pop().start()]
    return text[prompts[-1].end() :] if prompts else text


class OwnOutput:
    """The same, piece by piece as it comes; what may be the beginning of a prompt is kept until it is none.

    Args:
        others: whether SPEC was at work when our command was sent: what comes before the next prompt is not ours.

    """

    def __init__(self, *, others: bool = False) -> None:
        self._others = others
        self._last = "\n"  # what was given last: a prompt stands at the beginning of a line
        self._rest = ""

    def feed(self, text: str) -> str:
        """Take in what an event shows; return what can be shown of it, and of what was kept."""
        whole = self._last + self._rest + event_text(text)
        if self._others:
            prompts = list(_WHOLE.finditer(whole))
            if prompts:
                self._others = False
                whole = "\n" + whole[prompts[-1].end() :]
        whole = whole[:1] + _WHOLE.sub("", whole)[1:]
        begun = _BEGUN.search(whole, 0)
        end = begun.start() if begun else len(whole)
        self._last, shown, self._rest = whole[max(end - 1, 0) : end] or self._last, whole[1:end], whole[end:]
        return "" if self._others else shown

    def finish(self) -> str:
        """Return what was kept, unless it is a prompt."""
        rest, self._rest = self._rest, ""
        return "" if self._others or (PROMPT.fullmatch(rest) and rest.strip()) else rest
