"""Errors of the actions, as answers that the engine understands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from tools.pulumi.stand_in.bags import sealed
from tools.pulumi.stand_in.kubernetes.applying import AlreadyExists
from tools.pulumi.stand_in.kubernetes.client import ApiError, Unreachable
from tools.pulumi.stand_in.kubernetes.kinds import NoKind
from tools.pulumi.stand_in.kubernetes.objects import Object, identity, marked, outputs_of
from tools.pulumi.stand_in.kubernetes.waiting import NotReady, StillThere

_CODES: Final = {
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.ABORTED,
}
_EXCEPTIONS: Final = {
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    NoKind: grpc.StatusCode.NOT_FOUND,
    StillThere: grpc.StatusCode.DEADLINE_EXCEEDED,
    Unreachable: grpc.StatusCode.UNAVAILABLE,
}


@contextmanager
def answering(context: grpc.ServicerContext, inputs: Object | None = None, manager: str = "") -> Iterator[None]:
    """Turns an error of the block into the call's answer.

    With `inputs`, an object that exists but is not ready is kept in the state, so that the next update goes on there.
    """
    try:
        yield
    except NotReady as error:
        _abort_initialized(context, error, inputs or {}, manager)
    except ApiError as error:
        context.abort(_CODES.get(error.status, grpc.StatusCode.INVALID_ARGUMENT), _with_advice(error))
    except tuple(_EXCEPTIONS) as error:
        context.abort(_EXCEPTIONS[type(error)], str(error))


def _with_advice(error: ApiError) -> str:
    if error.status == 409 and any(cause.get("reason") == "FieldManagerConflict" for cause in error.causes):
        return (
            f'{error}. To take the fields over, annotate the object with pulumi.com/patchForce: "true"; '
            "to leave them to their manager, list them in ignore_changes"
        )
    return str(error)


def _abort_initialized(context: grpc.ServicerContext, error: NotReady, inputs: Object, manager: str) -> None:
    detail = pb.ErrorResourceInitFailed(
        id=identity(error.live),
        properties=sealed(outputs_of(error.live, manager)),
        reasons=[error.why],
        inputs=sealed(marked(inputs)),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
