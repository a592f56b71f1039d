"""What the engine starts: serves the pack until the engine ends it."""

import sys
from pathlib import Path

# The engine runs this folder as a program, so that only the folder itself is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from policy.pack import serve

serve()
