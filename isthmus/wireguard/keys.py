"""Every key of an environment out of one seed, so that a restart changes nothing anywhere and nothing is stored.

HKDF-SHA256 (RFC 5869) over a path that names environment, site, peer and epoch; clamped as X25519 wants it
(RFC 7748, 5). Two environments, two peers or two epochs never share a key, not even when their seeds are equal. Keys
are base64, as in every WireGuard tool. No key and no seed is part of a repr or of an error.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: Names this derivation: another one must have another salt.
SALT: Final = b"isthmus-wireguard-v1"
KEY_BYTES: Final = 32
#: A seed of letters and digits has almost 6 bits a character; 32 of them are more than a key's 128-bit strength.
SEED_LENGTH: Final = 32


@dataclass(frozen=True)
class KeyPair:
    """A peer's X25519 keys, base64."""

    private: str = field(repr=False)
    public: str


def key_pair(seed: str, environment: str, site: str, peer: str, epoch: int) -> KeyPair:
    """The keys of one peer of an environment. Raises ValueError if the seed is too short or a name holds a slash."""
    private = clamp(_derive(seed, "key", environment, site, peer, str(epoch)))
    return KeyPair(private=_base64(private), public=_base64(public_of(private)))


def preshared_key(seed: str, environment: str, one: str, other: str, epoch: int) -> str:
    """The key that two peers (`site/peer` each, in any order) mix into their handshakes, base64.

    A hedge against traffic recorded today and opened by a quantum computer later. Raises ValueError as `key_pair`.
    """
    ends = [part for end in sorted((one, other)) for part in end.split("/")]
    return _base64(_derive(seed, "psk", environment, *ends, str(epoch)))


def clamp(scalar: bytes) -> bytes:
    """32 bytes as an X25519 scalar (RFC 7748, 5: decodeScalar25519)."""
    octets = bytearray(scalar)
    octets[0] &= 248
    octets[31] &= 127
    octets[31] |= 64
    return bytes(octets)


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256, extract and expand (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def public_of(private: bytes) -> bytes:
    """The X25519 public key of a private one, 32 bytes each (RFC 7748, 6.1)."""
    # Not public_bytes_raw(): Debian 12's cryptography 38 lacks it.
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _derive(seed: str, *path: str) -> bytes:
    if len(seed) < SEED_LENGTH:
        raise ValueError(f"the seed has {len(seed)} characters; expected at least {SEED_LENGTH}")
    for part in path:
        if not part or "/" in part:
            raise ValueError(f"got {part!r} in the path {path}; a part is not empty and holds no slash")
    return hkdf(seed.encode(), SALT, "/".join(path).encode(), KEY_BYTES)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
