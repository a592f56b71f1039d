"""The components' side of a packaged program: what is refused reaches its author as a sentence, not as a traceback."""

from typing import Any

import pulumi
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.provider import ConstructResult
from pulumi.provider.server import ComponentInitError

from isthmus.errors import IsthmusError


class Provider(ComponentProvider):
    """The SDK's provider of components, but for how it tells what was refused."""

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Any,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declares a component.

        Raises pulumi.InputPropertiesError with the whole text of an IsthmusError, such as every mistake of an
        environment; anything else as the SDK does, with where it happened.
        """
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as failed:
            if isinstance(failed.inner, IsthmusError):
                # Not None: the SDK's server breaks off over it (pulumi 3.272, provider/server.py).
                raise pulumi.InputPropertiesError(str(failed.inner), errors=[]) from None
            raise
