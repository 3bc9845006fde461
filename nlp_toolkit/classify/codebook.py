"""The codebook: the themes that passages are classified into, as data that the user can edit."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from nlp_toolkit.errors import DataError
from nlp_toolkit.normalize import normal_form

_ID = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class ThemeDefinition:
    """One theme: its id, names, what is in, examples that draw the line, and cue phrases."""

    id: str
    zh: str = ""
    en: str = ""
    definition: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """Themes in a fixed order.

    >>> len(Codebook.load()), Codebook.load().ids[0]
    (16, 'data_silos')
    """

    themes: tuple[ThemeDefinition, ...]

    def __len__(self) -> int:
        return len(self.themes)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the themes, in order."""
        return tuple(theme.id for theme in self.themes)

    def layers(self) -> dict[str, list[str]]:
        """The cue phrases by lexicon layer, ``theme.<id>``, in the normalised form that texts are searched in."""
        return {
            f"theme.{theme.id}": sorted({normal_form(cue).strip() for cue in theme.cues} - {""})
            for theme in self.themes
        }

    def to_dict(self) -> dict[str, Any]:
        """The form in which a model keeps its codebook."""
        return {"themes": [asdict(theme) for theme in self.themes]}

    @classmethod
    def from_dict(cls, data: dict[str, Any], name: str = "the codebook") -> Codebook:
        """Read and check a codebook.

        Raises DataError, naming the theme and what is wrong with it.
        """
        themes = data.get("themes")
        if not isinstance(themes, list) or not themes:
            raise DataError(f"{name}: has no themes; write a [[themes]] table for each")
        known = set(ThemeDefinition.__dataclass_fields__)
        definitions: list[ThemeDefinition] = []
        for number, theme in enumerate(themes, 1):
            theme_id = theme.get("id") if isinstance(theme, dict) else None
            if not isinstance(theme_id, str) or not _ID.fullmatch(theme_id):
                raise DataError(f"{name}, theme {number}: needs an id of lower-case letters, digits and _")
            if theme_id in {definition.id for definition in definitions}:
                raise DataError(f"{name}, theme {number}: the id {theme_id!r} stands twice; ids are unique")
            if unknown := set(theme) - known:
                raise DataError(f"{name}, theme {theme_id!r}: unknown field {min(unknown)!r}; known: {sorted(known)}")
            values: dict[str, Any] = {}
            for field, value in theme.items():
                wants_list = field in ("include", "exclude", "cues")
                right = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
                if not (right if wants_list else isinstance(value, str)):
                    form = "a list of strings" if wants_list else "a string"
                    raise DataError(f"{name}, theme {theme_id!r}: {field!r} must be {form}")
                values[field] = tuple(value) if wants_list else value
            definitions.append(ThemeDefinition(**values))
        return cls(tuple(definitions))

    @classmethod
    def load(cls, path: str | Path | None = None) -> Codebook:
        """The codebook in a TOML file, or the one that comes with the toolkit.

        Raises DataError where the file cannot be read, is not TOML, or is no codebook.
        """
        try:
            source = files("nlp_toolkit.data").joinpath("codebook.toml") if path is None else Path(path)
            data = tomllib.loads(source.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: is not TOML in UTF-8 ({error})") from None
        return cls.from_dict(data, str(path or "codebook.toml"))
