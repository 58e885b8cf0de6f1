"""Find a text that two globs both match, as an example for ``policy check``.

Each glob becomes a small automaton; a search through both at once finds the shortest text that
both match. The alphabet is the characters of the two globs, ``/`` and one letter for all others.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from imagelint.model.namedtuple import NamedTuple

__all__ = ["shared_name", "shared_path"]

_ANY: Final = "any"
_NO_SLASH: Final = "no slash"
_REST: Final = "xyz"


class _Step(NamedTuple):
    """A transition: a character, ``_ANY`` or ``_NO_SLASH``, or None for empty; and its target."""

    on: str | None
    to: int


class _Automaton:
    """States are numbers; 0 is the first, and the last one accepts."""

    def __init__(self) -> None:
        self.steps: list[list[_Step]] = [[]]

    def state(self) -> int:
        self.steps.append([])
        return len(self.steps) - 1

    def add(self, text: str, one: str) -> None:
        """Append what ``text`` with ``*`` and ``?`` matches; ``one`` is what a wildcard matches."""
        for character in text:
            here = len(self.steps) - 1
            if character == "*":
                self.steps[here].append(_Step(one, here))
            else:
                on = one if character == "?" else character
                self.steps[here].append(_Step(on, self.state()))

    def add_folders(self) -> None:
        """Append any number of folders, each with its slash."""
        here = len(self.steps) - 1
        inside = self.state()
        behind = self.state()
        self.steps[here] += (_Step(_NO_SLASH, inside), _Step(None, behind))
        self.steps[inside] += (_Step(_NO_SLASH, inside), _Step("/", here))

    def add_everything_below(self) -> None:
        """Append one or more characters, slashes included."""
        here = len(self.steps) - 1
        inside = self.state()
        self.steps[here].append(_Step(_ANY, inside))
        self.steps[inside].append(_Step(_ANY, inside))

    def closure(self, state: int) -> set[int]:
        """Return the states that empty transitions reach from ``state``, itself included."""
        found, waiting = {state}, [state]
        while waiting:
            for step in self.steps[waiting.pop()]:
                if step.on is None and step.to not in found:
                    found.add(step.to)
                    waiting.append(step.to)
        return found

    def after(self, state: int, character: str) -> set[int]:
        """Return the states that a character leads to."""
        fits = {character, _ANY} | (set() if character == "/" else {_NO_SLASH})
        return {step.to for at in self.closure(state) for step in self.steps[at] if step.on in fits}

    def accepts(self, state: int) -> bool:
        return len(self.steps) - 1 in self.closure(state)


def shared_name(one: str, other: str) -> str | None:
    """Return a name that both patterns (``globs.NamePattern``) match, or None."""
    return _shared(_of_name(one), _of_name(other), one + other, is_path=False)


def shared_path(one: str, other: str) -> str | None:
    """Return a path that both globs (``globs.PathPattern``) match, or None."""
    return _shared(_of_path(one), _of_path(other), one + other + "/", is_path=True)


def _of_name(text: str) -> _Automaton:
    automaton = _Automaton()
    automaton.add(text, _ANY)
    return automaton


def _of_path(text: str) -> _Automaton:
    automaton = _Automaton()
    *folders, last = (text + "**" if text.endswith("/") else text).split("/")
    for folder in folders:
        if folder == "**":
            automaton.add_folders()
        else:
            automaton.add(f"{folder}/", _NO_SLASH)
    if last == "**":
        automaton.add_everything_below()
    else:
        automaton.add(last, _NO_SLASH)
    return automaton


def _shared(one: _Automaton, other: _Automaton, texts: str, *, is_path: bool) -> str | None:
    """Search through both; the names in a path are never empty, whatever ``*`` matches."""
    used = dict.fromkeys(texts)
    rest = next((letter for letter in _REST if letter not in used), "\ufffd")
    alphabet = [rest, *(character for character in used if character not in "*?")]
    seen = {(0, 0, True)}
    waiting = deque([(0, 0, "")])
    while waiting:
        here, there, text = waiting.popleft()
        is_new_name = is_path and text[-1:] in ("", "/")
        if text and not is_new_name and one.accepts(here) and other.accepts(there):
            return text
        for character in alphabet:
            if is_new_name and character == "/":
                continue
            for left in one.after(here, character):
                for right in other.after(there, character):
                    state = left, right, is_path and character == "/"
                    if state not in seen:
                        seen.add(state)
                        waiting.append((left, right, text + character))
    return None
