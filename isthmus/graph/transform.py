"""Running a program's transforms as the engine does: through the SDK's callback server, on what the program sent.

Which of a program's wishes survive is the engine's doing (source_eval.go, RegisterResource), its odd ones included: a
dependency that a transform adds counts only if the resource has a transform of its own.
"""

from collections.abc import Iterable
from typing import Any, Final

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from isthmus.graph import wire
from isthmus.graph.record_error import RecordError

#: Option of a transform -> the same of a request, where both are plain values that may be absent.
OPTIONAL: Final = {"protect": "protect", "retain_on_delete": "retainOnDelete"}
TEXTS: Final = {
    "import": "importId",
    "version": "version",
    "provider": "provider",
    "plugin_download_url": "pluginDownloadURL",
    "deleted_with": "deletedWith",
}
LISTS: Final = {
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "aliases": "aliases",
    "additional_secret_outputs": "additionalSecretOutputs",
    "replace_with": "replace_with",
    "hide_diff": "hideDiffs",
}
MESSAGES: Final = {
    "custom_timeouts": "customTimeouts",
    "replacement_trigger": "replacement_trigger",
    "hooks": "hooks",
}


def transform(request: Any, callbacks: Iterable[Any]) -> None:
    """Changes a registration as the callbacks, in their order, want it. Raises RecordError if one of them fails."""
    own = bool(request.transforms)
    dependencies = {name: list(found.urns) for name, found in request.propertyDependencies.items()} if own else {}
    sent = resource_pb2.TransformRequest(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        properties=wire.as_outputs(request.object, dependencies),
        options=_options(request),
    )
    for callback in callbacks:
        answer = _called(callback, sent)
        if answer.HasField("properties"):
            sent.properties.CopyFrom(answer.properties)
        if answer.HasField("options"):
            sent.options.CopyFrom(answer.options)
    if own:
        found = wire.dependencies(sent.properties)
        request.dependencies[:] = sorted({*sent.options.depends_on, *(urn for urns in found.values() for urn in urns)})
        request.propertyDependencies.clear()
        for name, urns in found.items():
            request.propertyDependencies[name].urns.extend(urns)
    request.object.CopyFrom(wire.without_outputs(sent.properties))
    _take(sent.options, request)


def _called(callback: Any, sent: Any) -> Any:
    with grpc.insecure_channel(callback.target) as channel:
        try:
            answer = callback_pb2_grpc.CallbacksStub(channel).Invoke(
                callback_pb2.CallbackInvokeRequest(token=callback.token, request=sent.SerializeToString())
            )
        except grpc.RpcError as error:
            details = error.details()
            raise RecordError(f"a transform of {sent.type} {sent.name!r} failed: {details}") from None
    return resource_pb2.TransformResponse.FromString(answer.response)


def _options(request: Any) -> Any:
    """A request's options as a transform sees them."""
    options = resource_pb2.TransformResourceOptions(depends_on=request.dependencies, providers=request.providers)
    for name, field in OPTIONAL.items():
        if request.HasField(field):
            setattr(options, name, getattr(request, field))
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    for name, field in TEXTS.items():
        setattr(options, name, getattr(request, field))
    for name, field in LISTS.items():
        getattr(options, name).extend(getattr(request, field))
    for name, field in MESSAGES.items():
        if request.HasField(field):
            getattr(options, name).CopyFrom(getattr(request, field))
    return options


def _take(options: Any, request: Any) -> None:
    """The options that transforms made, back into the request."""
    for name, field in OPTIONAL.items():
        request.ClearField(field)
        if options.HasField(name):
            setattr(request, field, getattr(options, name))
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace
    for name, field in TEXTS.items():
        setattr(request, field, getattr(options, name))
    for name, field in LISTS.items():
        request.ClearField(field)
        getattr(request, field).extend(getattr(options, name))
    request.ClearField("providers")
    request.providers.update(options.providers)
    for name, field in MESSAGES.items():
        request.ClearField(field)
        if options.HasField(name):
            getattr(request, field).CopyFrom(getattr(options, name))
