"""Text becomes text for people here: what a terminal would obey, or what would hide, becomes a visible sign.

Ids, titles, file names and what plugins and workers say are somebody else's text. Whoever prints it calls
`readable` first; `--json` and data files keep the truth (`escaped` writes the same characters as JSON's own
escapes).
"""

from __future__ import annotations

import codecs
import re

_CONTROLS = "\x00-\x1f\x7f-\x9f"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HIDDEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags spell texts that nobody sees
)
"""What shows nothing, of Unicode's default-ignorable characters; joiners, variants of a sign and soft hyphens
stay, which scripts and emoji need."""
_BREAKS = "\u2028\u2029"
_NO_CHARACTERS = "\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_FLAG = "\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f"  # of England, say: tags as they are meant
_UNREADABLE = re.compile(f"{_FLAG}|[{_CONTROLS}{_BIDI}{_HIDDEN}{_BREAKS}{_NO_CHARACTERS}]")
_UNSAFE_IN_JSON = re.compile(f"[\x7f-\x9f{_BIDI}{_BREAKS}\ud800-\udfff]")
_PICTURES = 0x2400
"""Unicode's pictures of the controls: ESC is shown as ␛."""


def readable(text: str) -> str:
    """Give a text as one line that a terminal only shows: controls become visible, nothing else changes.

    C0 controls and DEL become their pictures (␛, ␊, ␡); C1 and bidi controls, zero-width characters, line
    separators, surrogates and non-characters become `‹U+202E›`. Joiners within scripts and emoji stay.
    """
    return _UNREADABLE.sub(_sign, text)


def readable_lines(text: str) -> str:
    """Do as `readable` with each line of our own text; its line breaks stay."""
    return "\n".join(map(readable, text.split("\n")))


_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def disarmed(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula: an apostrophe before a first `=`, `+`, `-`, `@`."""
    return f"'{text}" if _FORMULA.match(text.lstrip(" \u00a0") or text) else text


def escaped(json_text: str) -> str:
    """Write the characters that a terminal would obey as JSON's escapes: the same value in harmless bytes.

    `json_text` is JSON; those below U+0020 are escaped in it already.
    """
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)


def _sign(found: re.Match[str]) -> str:
    if len(found[0]) > 1:
        return found[0]
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\u2421" if code == 0x7F else f"‹U+{code:04X}›"


IN_ASCII = {
    "…": "...",
    "—": "-",
    "–": "-",
    "−": "-",
    "±": "+-",
    "×": "x",
    "·": ".",
    "•": "*",
    "●": "*",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "‹": "<",
    "›": ">",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "²": "^2",
    "½": ".5",
    "★": "*",
    **{chr(_PICTURES + code): f"^{chr(code + 0x40)}" for code in range(0x20)},
    "\u2421": "^?",
}
"""How to say it where a terminal's encoding lacks a sign; other letters are told by their code."""

ERRORS = "tastemap.ascii"


def _say_in_ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    told = "".join(IN_ASCII.get(one) or one.encode("ascii", "backslashreplace").decode() for one in missing)
    return told, error.end


codecs.register_error(ERRORS, _say_in_ascii)
