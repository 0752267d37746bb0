"""A Dockerfile line's words: split as a shell would, with quotes, escapes and ``${variables}`` resolved."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<kind>[-+?])(?P<word>.*))?", re.DOTALL)


class BadWord(ValueError):
    """A quote or a substitution that is not closed or not known."""


def split(text: str, escape: str = "\\") -> list[str]:
    """The words of ``text`` with their quotes and escapes still on."""
    words, word, quote, position = [], "", "", 0
    while position < len(text):
        character = text[position]
        if character == escape and quote != "'" and position + 1 < len(text):
            word += text[position : position + 2]
            position += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            if word:
                words.append(word)
            word = ""
            position += 1
            continue
        word += character
        position += 1
    if quote:
        raise BadWord(f"unexpected end of statement while looking for matching {quote}-quote")
    return [*words, word] if word else words


def resolve(word: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """The word's value: variables replaced (not within single quotes), quotes and escapes taken off.

    Unset variables are empty, as in Docker; ``${x:-a}`` and ``${x:+a}`` are known. Raises BadWord.
    """
    value, quote, position = "", "", 0
    while position < len(word):
        character = word[position]
        if character == escape and quote != "'" and position + 1 < len(word):
            value += word[position + 1]
            position += 2
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
            position += 1
        elif character == "$" and quote != "'":
            text, position = _variable(word, position + 1, variables, escape)
            value += text
        else:
            value += character
            position += 1
    return value


def _variable(word: str, start: int, variables: Mapping[str, str], escape: str) -> tuple[str, int]:
    """The value of the variable that starts after the ``$``, and where the word goes on."""
    if word[start : start + 1] != "{":
        plain = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").match(word, start)
        return (variables.get(plain.group(), ""), plain.end()) if plain else ("$", start)
    depth, end = 1, start + 1
    while end < len(word) and depth:
        depth += {"{": 1, "}": -1}.get(word[end], 0)
        end += 1
    if depth:
        raise BadWord("syntax error: missing '}'")
    inner = _VARIABLE.fullmatch(word[start + 1 : end - 1])
    if not inner:
        raise BadWord(f"unsupported modifier ({word[start + 1 : end - 1]}) in substitution")
    value, kind, other = variables.get(inner["name"], ""), inner["kind"], inner["word"] or ""
    if kind == "-" and not value:
        value = resolve(other, variables, escape)
    if kind == "+":
        value = resolve(other, variables, escape) if value else ""
    if kind == "?" and not value:
        raise BadWord(f"{inner['name']}: {resolve(other, variables, escape) or 'not set'}")
    return value, end
