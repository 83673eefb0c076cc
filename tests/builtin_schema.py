"""Files under the schemas that check-jsonschema carries."""

import subprocess
import sys
from pathlib import Path

from tools.process import finished


def check(schema: str, file: Path) -> subprocess.CompletedProcess[str]:
    """What check-jsonschema says of `file` under the schema that it carries as `schema`."""
    return finished([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file])
