"""Files under the schemas that check-jsonschema carries."""

import subprocess
import sys
from pathlib import Path


def check(schema: str, file: Path) -> subprocess.CompletedProcess[str]:
    """What check-jsonschema says of `file` under the schema that it carries as `schema`."""
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
