"""`pulumi-resource-random`, as the engine starts it."""

from tools.pulumi.stand_in.plugin import serve
from tools.pulumi.stand_in.random.provider import Provider

serve(Provider())
