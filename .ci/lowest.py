"""Prints the lowest versions that pyproject.toml promises, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

EXTRAS = ("fast", "cli", "agents", "prices", "sql", "redis", "otel", "eval")

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
promised = [*project["dependencies"]]
for extra in EXTRAS:
    promised += project["optional-dependencies"][extra]
for requirement in promised:
    name, extras, version = re.match(r"([\w.-]+)(\[[\w,]+\])?>=([\d.]+)", requirement).groups()
    # A constraint takes no extras; the only one in use is a package of the same version.
    print(f"{name}=={version}")
    if extras:
        print(f"{name}-{extras.strip('[]')}=={version}")
