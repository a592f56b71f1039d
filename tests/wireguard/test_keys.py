import hashlib
import hmac
from base64 import b64decode, b64encode
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wireguard import keys
from tests.wireguard.meshes import SEED

#: RFC 5869, A.2.
LONG_OUTPUT = (
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
    "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
)
#: RFC 5869, appendix A: test cases 1 to 3.
HKDF_VECTORS = [
    (
        "case 1",
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "case 2, longer inputs",
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        82,
        LONG_OUTPUT,
    ),
    (
        "case 3, no salt, no info",
        "0b" * 22,
        "",
        "",
        42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "expected"),
    [row[1:] for row in HKDF_VECTORS],
    ids=[row[0] for row in HKDF_VECTORS],
)
def test_hkdf_gives_the_vectors_of_rfc_5869(secret: str, salt: str, info: str, length: int, expected: str) -> None:
    derived = keys.hkdf(bytes.fromhex(secret), bytes.fromhex(salt), bytes.fromhex(info), length)

    assert derived.hex() == expected


#: RFC 7748, 6.1: private and public keys.
X25519_VECTORS = [
    (
        "Alice",
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    ),
    (
        "Bob",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    ),
]


@pytest.mark.parametrize(
    ("private", "public"), [row[1:] for row in X25519_VECTORS], ids=[row[0] for row in X25519_VECTORS]
)
def test_public_keys_are_those_of_rfc_7748(private: str, public: str) -> None:
    assert keys.public_of(keys.clamp(bytes.fromhex(private))).hex() == public


@given(st.binary(min_size=32, max_size=32))
def test_a_clamped_scalar_is_one_that_x25519_leaves_alone(scalar: bytes) -> None:
    number = int.from_bytes(keys.clamp(scalar), "little")

    assert number % 8 == 0
    assert 2**254 <= number < 2**255
    assert keys.clamp(keys.clamp(scalar)) == keys.clamp(scalar)


def naive(info: str) -> bytes:
    """HKDF-SHA256 for one block, straight from RFC 5869, 2: extract, then T(1)."""
    extracted = hmac.digest(b"isthmus-wireguard-v1", SEED.encode(), hashlib.sha256)
    return hmac.digest(extracted, info.encode() + b"\x01", hashlib.sha256)


def test_a_key_is_derived_over_environment_site_peer_and_epoch() -> None:
    expected = b64encode(keys.clamp(naive("key/lab/ecmwf/slot-1/3"))).decode()

    assert keys.key_pair(SEED, "lab", "ecmwf", "slot-1", 3).private == expected


def test_a_preshared_key_is_derived_over_environment_both_ends_and_epoch() -> None:
    expected = b64encode(naive("psk/lab/ecmwf/gateway/home/gateway/3")).decode()

    assert keys.preshared_key(SEED, "lab", "home/gateway", "ecmwf/gateway", 3) == expected


def test_both_ends_derive_the_same_preshared_key() -> None:
    assert keys.preshared_key(SEED, "lab", "a/gateway", "a/slot-0", 0) == keys.preshared_key(
        SEED, "lab", "a/slot-0", "a/gateway", 0
    )


def test_another_seed_environment_site_peer_or_epoch_is_another_key() -> None:
    variants = [
        keys.key_pair(SEED, "lab", "ecmwf", "gateway", 0),
        keys.key_pair(SEED + "x", "lab", "ecmwf", "gateway", 0),
        keys.key_pair(SEED, "prod", "ecmwf", "gateway", 0),
        keys.key_pair(SEED, "lab", "home", "gateway", 0),
        keys.key_pair(SEED, "lab", "ecmwf", "scheduler", 0),
        keys.key_pair(SEED, "lab", "ecmwf", "gateway", 1),
    ]

    assert all(one != other for one, other in combinations(variants, 2))


@pytest.mark.parametrize(("environment", "epoch"), [("prod", 0), ("lab", 1)], ids=["environment", "epoch"])
def test_another_environment_or_epoch_is_another_preshared_key(environment: str, epoch: int) -> None:
    ends = ("a/gateway", "b/gateway")

    assert keys.preshared_key(SEED, environment, *ends, epoch) != keys.preshared_key(SEED, "lab", *ends, 0)


def test_a_repr_shows_no_private_key() -> None:
    pair = keys.key_pair(SEED, "lab", "ecmwf", "gateway", 0)

    assert repr(pair) == f"KeyPair(public={pair.public!r})"
    assert len(b64decode(pair.private)) == 32


def test_a_short_seed_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="10 characters") as refused:
        keys.key_pair("tooshort-!", "lab", "ecmwf", "gateway", 0)

    assert "tooshort" not in str(refused.value)


def test_a_name_that_could_forge_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="ecmwf/gateway") as refused:
        keys.key_pair(SEED, "lab", "ecmwf/gateway", "slot-0", 0)

    assert SEED not in str(refused.value)
