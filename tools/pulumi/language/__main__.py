"""`pulumi-language-python [flags] ENGINE_ADDRESS`, as the engine starts it."""

import sys

from tools.pulumi.language.server import serve

serve(engine_address=sys.argv[-1])
