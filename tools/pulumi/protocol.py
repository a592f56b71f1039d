"""Importing this first lets a process use the engine's protocol without loading the SDK around it.

`pulumi.runtime.proto` holds nothing but messages and services, but `pulumi` and `pulumi.runtime` above it import the
whole SDK: half a second of CPU in each companion of each update. So both become empty packages here. Only for our own
companions, whose launchers do it: a process that runs programs needs the real ones.
"""

import importlib.util
import sys
from types import ModuleType


def _empty_package(name: str, paths: list[str]) -> None:
    package = ModuleType(name)
    package.__path__ = paths
    sys.modules[name] = package


_sdk = importlib.util.find_spec("pulumi")
if _sdk is None or _sdk.submodule_search_locations is None:
    raise ImportError("the package pulumi is not installed", name="pulumi")
_empty_package("pulumi", list(_sdk.submodule_search_locations))
_empty_package("pulumi.runtime", [f"{path}/runtime" for path in _sdk.submodule_search_locations])
