"""Parses YAML text into dictionaries, lists and scalars, and turns everything that can go wrong into a ConfigError."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import yaml

from capture_station.errors import ConfigError

KeyPath = tuple[str, ...]
"""Names from the outermost section to a setting, such as ``("camera", "fps")``."""

LONGEST_TEXT = 1 << 16
"""Characters; the shipped file has about twelve thousand."""
MOST_VALUES = 10_000
"""Aliases count each time: ten lines of aliases to aliases can stand for a billion values."""
DEEPEST_NESTING = 16
LONGEST_SHOWN = 60

_TOO_DEEP = f"nested more than {DEEPEST_NESTING} deep"
_PREFIX = "tag:yaml.org,2002:"
_BOOLEAN = f"{_PREFIX}bool"
_COLOUR_COMMENT = re.compile(r"[ \t]*#[0-9A-Fa-f]{3,8}\s")
_SCALARS = {f"{_PREFIX}{name}" for name in ("str", "int", "float", "bool", "null")}


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without timestamps, merge keys and the ``=`` value: no setting needs them, and dates stay text.

    As in YAML 1.2, only true and false are booleans. Words such as ``off`` stay text: some settings have a value of
    this name, and switches understand them as well.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [
            (tag, pattern) for tag, pattern in resolvers if tag in _SCALARS and (tag != _BOOLEAN or first in "tTfF")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Limit the nesting: PyYAML recurses, and its time grows with the square of the depth."""
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(problem=_TOO_DEEP, problem_mark=mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def parse(text: str, place: Callable[[int], str]) -> tuple[object, dict[KeyPath, str]]:
    """The value that a YAML text describes, and the place of each key in it.

    Args:
        text: One YAML document.
        place: Names a line, counted from 1, for messages.

    Raises:
        ConfigError: The text is not YAML, or is more than a configuration needs: tags, too many or too deeply nested
            values, duplicate keys, control characters. One line, without the whole text, which may hold a secret.
    """
    if len(text) > LONGEST_TEXT:
        raise ConfigError(f"{place(1)}: more than {LONGEST_TEXT} characters; this is no configuration")
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{place(line)}: the character U+{error.character:04X} is not allowed") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise ConfigError(f"{place(line)}: not YAML: {error.problem or error.context}") from error
    except Exception as error:
        # PyYAML does not wrap the errors of chr(), int() and the like.
        line = 1 if loader is None else loader.line + 1
        raise ConfigError(f"{place(line)}: not YAML: {str(error) or type(error).__name__}") from error
    if root is None:
        return None, {}
    builder = _Builder(loader, place)
    return builder.build(root, ()), builder.places


class _Builder:
    """Builds values from YAML nodes within limits."""

    def __init__(self, loader: _Loader, place: Callable[[int], str]) -> None:
        self.places: dict[KeyPath, str] = {}
        self._loader = loader
        self._place = place
        self._values = 0

    def build(self, node: yaml.Node, key: KeyPath, depth: int = 0) -> object:
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._error(node, key, f"more than {MOST_VALUES} values; check its aliases")
        if depth > DEEPEST_NESTING:
            raise self._error(
                node, key, f"nested more than {DEEPEST_NESTING} deep; check that no alias contains itself"
            )
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_PREFIX}map":
            return self._mapping(node, key, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_PREFIX}seq":
            return [self.build(element, key, depth + 1) for element in node.value]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node, key)
        raise self._error(node, key, f"the tag !{node.tag.removeprefix(_PREFIX)[:LONGEST_SHOWN]} is not supported")

    def _mapping(self, node: yaml.MappingNode, key: KeyPath, depth: int) -> dict[str, object]:
        section: dict[str, object] = {}
        lines: dict[str, int] = {}
        for name_node, value_node in node.value:
            if not isinstance(name_node, yaml.ScalarNode):
                raise self._error(name_node, key, "the name of a setting is a word, not a list or a section")
            self._check_characters(name_node, key)
            name = name_node.value
            line = name_node.start_mark.line + 1
            if name in section:
                full_name = ".".join((*key, name))
                raise ConfigError(f"{self._place(line)}: {full_name} is already set in line {lines[name]}")
            inner = (*key, name)
            lines[name] = line
            self.places[inner] = self._place(line)
            section[name] = self.build(value_node, inner, depth + 1)
        return section

    def _scalar(self, node: yaml.ScalarNode, key: KeyPath) -> object:
        self._check_characters(node, key)
        mark = node.start_mark
        if not node.value and not node.style and _COLOUR_COMMENT.match(mark.buffer or "", mark.pointer):
            raise self._error(node, key, "YAML takes a colour without quotes for a comment; put it in quotes")
        kind = node.tag.removeprefix(_PREFIX)
        if kind != "str" and len(node.value) > LONGEST_SHOWN:
            raise self._error(node, key, f"more than {LONGEST_SHOWN} characters are no {kind}; put text in quotes")
        try:
            return self._loader.construct_object(node)
        except Exception as error:
            # PyYAML's constructors raise whatever int(), float() and their tables do.
            raise self._error(node, key, f"YAML cannot read this as {kind}; put text in quotes") from error

    def _check_characters(self, node: yaml.ScalarNode, key: KeyPath) -> None:
        """Refuse what breaks lines, file names and UTF-8; YAML's escapes can write any character."""
        for character in node.value:
            if unicodedata.category(character) in ("Cc", "Cs"):
                raise self._error(node, key, f"the character U+{ord(character):04X} is not allowed")

    def _error(self, node: yaml.Node, key: KeyPath, problem: str) -> ConfigError:
        name = f"{'.'.join(key)[:LONGEST_SHOWN]}: " if key else ""
        return ConfigError(f"{self._place(node.start_mark.line + 1)}: {name}{problem}")
