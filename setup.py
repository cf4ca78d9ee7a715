"""Which packages a wheel holds; everything else stands in pyproject.toml.

The shipped specs live in `specs/`, where people look for them, and are installed as data of a
package with a name of its own, so that no other project's `specs` is ever taken for them.
"""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["modelcheck", "modelcheck.*"]), "modelcheck_specs"],
    package_dir={"modelcheck_specs": "specs"},
    package_data={
        "modelcheck_specs": ["**/*.py"],
        "modelcheck": ["**/*.json", "**/*.c", "**/*.h", "**/*.css", "**/*.js", "py.typed"],
    },
)
