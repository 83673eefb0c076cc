"""Reading YAML and JSON files of users; errors name the file and the place."""

import io
import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml


class ConfigError(Exception):
    """A bad value; the message names the file or variable, the key, and the allowed values."""


class StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which in addition refuses duplicate keys.

    It raises yaml.YAMLError with the place; PyYAML alone would silently use the last one.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  # PyYAML's signature
        """The dictionary of a mapping without duplicate keys."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    message = f"the key {key.value} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def parsed(file: Path, loader: type[StrictLoader] | None = None) -> Any:
    """The content of `file`, by its name JSON or YAML; of an empty one it is an empty mapping.

    With a `loader` it is YAML, whatever its name. Raises ConfigError if it cannot be read, or has
    another form.
    """
    form = "JSON" if file.suffix == ".json" and loader is None else "YAML"
    try:
        data = file.read_bytes()
        if form == "JSON":
            return json.loads(data)
        # As a stream, of which errors give line and column, and not the text: it may be secret.
        content = yaml.load(io.BytesIO(data), loader or StrictLoader)  # noqa: S506  # a SafeLoader
        return {} if content is None else content
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise ConfigError(f"{file}: is not {form} that can be read (nested too deep)") from None
    except (yaml.YAMLError, ValueError, AttributeError) as error:  # of a date, a number, a time
        raise ConfigError(f"{file}: is not {form} ({' '.join(str(error).split())})") from None
