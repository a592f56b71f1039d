"""Certificates of one data centre: who may call whom, proven by keys that never leave its folder (files 0600).

Every identity is a client certificate: CN is the user, O are the groups (Kubernetes' convention for X.509 clients).
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: A data centre of this machine is not renewed; it is made anew long before.
LIFETIME = datetime.timedelta(days=3650)
#: Clocks of other users of a certificate may be a little behind.
SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder; made on first use, the same one after."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.pair = Pair(folder / "ca.crt", folder / "ca.key")
        if not (self.pair.certificate.exists() and self.pair.key.exists()):
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
            builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(True, None), critical=True)
            usage = _key_usage(signs_certificates=True)
            _write(self.pair, key, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()))
        self._key = serialization.load_pem_private_key(self.pair.key.read_bytes(), None)
        self._certificate = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())

    def client(self, file: str, user: str, groups: Sequence[str] = ()) -> Pair:
        """A client certificate for `user` in `groups`; made anew on every call."""
        return self._issue(file, user, groups, (), [ExtendedKeyUsageOID.CLIENT_AUTH])

    def server(self, file: str, hosts: Sequence[str], *, also_client: bool = False) -> Pair:
        """A serving certificate for names and IP addresses; made anew on every call."""
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if also_client else [])]
        return self._issue(file, file, (), hosts, usages)

    def _issue(
        self, file: str, user: str, groups: Sequence[str], hosts: Sequence[str], usages: list[x509.ObjectIdentifier]
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, user)])
        builder = (
            _builder(subject, self._certificate.subject, key)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        assert isinstance(self._key, ec.EllipticCurvePrivateKey)
        pair = Pair(self.folder / f"{file}.crt", self.folder / f"{file}.key")
        _write(pair, key, builder.sign(self._key, hashes.SHA256()))
        return pair


def signing_key(path: Path) -> Path:
    """A private key that signs ServiceAccount tokens; made if `path` is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, _pem(ec.generate_private_key(ec.SECP256R1())))
    return path


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    unfinished.replace(path)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(pair: Pair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    write_private(pair.key, _pem(key))
    write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # SEC 1 and not PKCS 8: kube-apiserver finds the public half of a signing key only there.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
