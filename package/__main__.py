"""The components as a Pulumi package: `pulumi package add .../package` offers them to YAML, TypeScript, Go and more.

A folder of its own, because the engine runs `__main__.py` of a plugin's folder, and the repository's is the program.
"""

import sys
from pathlib import Path

import pulumi.provider

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # `components` is no installed package

from components.offered import provider

pulumi.provider.main(provider(), sys.argv[1:])
