"""Data-file patterns, and the files of a tree that match them.

    pattern   = component ("/" component)*
    component = "**"                 any number of directories; as the last component: all files below
              | (char | "*" | "?" | "[" set "]" | "{" option ("," option)* "}")+

`*` and `?` stay within a component. A wildcard passes over hidden files (`.x`), hidden directories (`.x`, `__x`) and
metadata (README.md …); a component that itself begins with `.` or `__` asks for them. Matches come sorted by path, each
once.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterable, Iterator

from arrowsets.files.listing import Stored, Tree, is_hidden_directory, is_hidden_file, under

__all__ = ["METADATA_NAMES", "braces", "glob", "has_wildcard", "matcher", "static_prefix"]

# Files that tell of a dataset and are none of its data.
METADATA_NAMES = frozenset(
    {
        "README.md",
        "config.json",
        "dataset_info.json",
        "dataset_infos.json",
        "dummy_data.zip",
        "dataset_dict.json",
    }
)
_WILD = re.compile(r"[*?\[{]")


def has_wildcard(text: str) -> bool:
    """Tell whether a text is a pattern and not a name."""
    return _WILD.search(text) is not None


def braces(pattern: str) -> list[str]:
    """Write out the options of `{a,b}`, nested ones too; braces without a comma are plain text.

    >>> braces("{a,b{1,2}}.csv")
    ['a.csv', 'b1.csv', 'b2.csv']
    """
    for start in (match.start() for match in re.finditer(r"\{", pattern)):
        if options := _options(pattern, start):
            end, choices = options
            return [text for choice in choices for text in braces(pattern[:start] + choice + pattern[end:])]
    return [pattern]


def _options(pattern: str, start: int) -> tuple[int, list[str]] | None:
    depth, begin, choices = 0, start + 1, list[str]()
    for at in range(start, len(pattern)):
        char = pattern[at]
        depth += (char == "{") - (char == "}")
        if (char == "," and depth == 1) or depth == 0:
            choices.append(pattern[begin:at])
            begin = at + 1
        if depth == 0:
            return (at + 1, choices) if len(choices) > 1 else None
    return None


@functools.lru_cache(maxsize=4096)
def matcher(component: str) -> re.Pattern[str]:
    """Compile one component (braces written out already)."""
    if "**" in component:
        raise ValueError(
            f"invalid pattern component {component!r}: '**' stands alone between slashes; write '**/*.csv'"
        )
    parts, at = list[str](), 0
    while at < len(component):
        char = component[at]
        end = component.find("]", at + 2) if char == "[" else -1
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif end > 0:
            content = component[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            parts.append(f"[^{content[1:]}]" if content[0] in "!^" else f"[{content}]")
            at = end
        else:
            parts.append(re.escape(char))
        at += 1
    return re.compile("".join(parts), re.DOTALL)


def glob(tree: Tree, root: str, pattern: str) -> list[tuple[str, Stored]]:
    """Return (path, what is known of it) for the files under `root` that match, sorted."""
    found: dict[str, Stored] = {}
    for option in braces(pattern):
        start, rest = static_prefix(root, option)
        components = tuple(part for part in rest.split("/") if part not in ("", "."))
        if components and "**" in components:
            tree.prepare(start)
        for files in _match(tree, start, components or ("**",)):
            found.update(files)
    return [(path, found[path]) for path in sorted(found)]


def static_prefix(root: str, pattern: str) -> tuple[str, str]:
    """Split a pattern under `root` into the directory where its wildcards begin, and the rest.

    >>> static_prefix("/data", "../x/*/a.csv")
    ('/x', '*/a.csv')
    """
    components = pattern.split("/")
    static = 0
    while static < len(components) - 1 and not has_wildcard(components[static]):
        static += 1
    if not static:
        return root, pattern
    directory = "/".join(components[:static]) or "/"
    return posixpath.normpath(posixpath.join(root, directory)), "/".join(components[static:])


def _match(tree: Tree, path: str, components: tuple[str, ...]) -> Iterator[dict[str, Stored]]:
    """Yield the files of each directory that match."""
    head, rest = components[0], components[1:]
    if head == "**":
        yield from _match(tree, path, rest or ("*",))
        for name in tree.scan(path).directories:
            if not is_hidden_directory(name):
                yield from _match(tree, under(path, name), components)
        return
    asked = head.startswith((".", "__"))
    directory = tree.scan(path)
    if rest:
        for name in _fitting(head, directory.directories):
            if asked or not is_hidden_directory(name):
                yield from _match(tree, under(path, name), rest)
        return
    prefix = under(path, "")
    yield {
        prefix + name: directory.files[name]
        for name in _fitting(head, directory.files)
        if asked or head == name or not (is_hidden_file(name) or name in METADATA_NAMES)
    }


def _fitting(component: str, names: Iterable[str]) -> Iterable[str]:
    """Return the names that a component matches."""
    if component == "*":
        return names
    if component[0] == "*" and not has_wildcard(component[1:]):
        return [name for name in names if name.endswith(component[1:])]
    fits = matcher(component).fullmatch
    return [name for name in names if fits(name)]
