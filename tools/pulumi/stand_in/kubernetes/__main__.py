"""`pulumi-resource-kubernetes`, as the engine starts it."""

from tools.pulumi.stand_in.kubernetes.provider import Provider
from tools.pulumi.stand_in.plugin import serve

serve(Provider())
