"""What kubectl says becomes one line that holds no credential."""

import pytest

from isthmus.reach import cause

#: As kubectl 1.32 and 1.37 say it.
SAID = [
    ("error: You must be logged in to the server (Unauthorized)\n", "401: it does not know these credentials"),
    (
        'Error from server (Forbidden): forbidden: User "eve" cannot get path "/readyz"\n',
        "403: these credentials may not ask it",
    ),
    (
        "Unable to connect: tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "TLS: certificate signed by unknown authority",
    ),
    (
        "Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1",
        "TLS: certificate is valid for",
    ),
    (
        "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?\n",
        "connection refused",
    ),
    (
        "Unable to connect to the server: dial tcp: lookup api.ecmwf.example on 10.0.0.2:53: no such host\n",
        "no such host",
    ),
    (
        "Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)\n",
        "none in time",
    ),
    ("Unable to connect to the server: EOF\n", "it hung up"),
    ('error: context "ecmwf-prod" does not exist\n', "the kubeconfig has no context ecmwf-prod"),
    ("error: stat /home/a/kubeconfig: no such file or directory\n", "there is no file /home/a/kubeconfig"),
    (
        "Unable to connect to the server: getting credentials: exec: executable aws not found\n",
        "the credential plugin aws is not installed",
    ),
    (
        "Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255\n",
        "the credential plugin of the kubeconfig failed",
    ),
    (
        'Error from server (InternalError): an error on the server ("[-]etcd failed: reason withheld") prevented it',
        "500: it says itself that it is not ready",
    ),
    ("Error from server (ServiceUnavailable): the server is\n", "it refused: ServiceUnavailable"),
]


@pytest.mark.parametrize(("said", "expected"), SAID, ids=[expected for _, expected in SAID])
def test_the_cause_is_one_short_line(said: str, expected: str) -> None:
    assert cause(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "error: s3cr3t-t0ken-of-somebody\n",
        'error: error loading config file "/x": yaml: line 3: found "s3cr3t-t0ken-of-somebody"\n',
        "Unable to connect to the server: getting credentials: decoding stdout: s3cr3t-t0ken-of-somebody\n",
        'error: context "s3cr3t-t0ken-of-somebody\n',
        "E1124 12:00:00 proxy https://me:s3cr3t-t0ken-of-somebody@proxy.example: connection refused\n",
    ],
    ids=["an unknown sentence", "a quoted kubeconfig", "a quoted plugin", "half a sentence", "an address"],
)
def test_a_credential_that_kubectl_quotes_is_not_repeated(said: str) -> None:
    assert "s3cr3t" not in cause(said)
