"""Encryption at rest: AES-256-GCM, every value bound to the row it belongs to.

A sealed value is `version (1) | key id (4) | nonce (12) | ciphertext and tag`. The first secret seals, all of them
open, so that keys rotate without downtime. A run has a key of its own, itself sealed: forget it, and everything
sealed with it is gone, backups included.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE = 12
HEADER = 5
SIGNATURE = 12


class CannotDecrypt(Exception):
    """No configured key decrypts this value, or it was tampered with or moved to another row."""


@dataclass(frozen=True, slots=True)
class Key:
    id: bytes
    cipher: AESGCM

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        nonce = os.urandom(NONCE)
        return VERSION + self.id + nonce + self.cipher.encrypt(nonce, plain, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        body = memoryview(sealed)[HEADER:]
        try:
            return self.cipher.decrypt(body[:NONCE], body[NONCE:], bound_to.encode())
        except (InvalidTag, ValueError):  # tampered with, or too short to have been sealed
            raise CannotDecrypt(f"a value bound to {bound_to} does not open") from None


class Keyring:
    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = {key.id: key for key in map(_derive, secrets)}
        self._newest = _derive(secrets[0])
        self._hash_key = _stretch(secrets[-1], b"contactflow keyed hash")
        self._signing_keys = [_stretch(secret, b"contactflow signature") for secret in secrets]

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        return self._newest.seal(plain, bound_to)

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        key = self._keys.get(key_id(sealed))
        if key is None:
            raise CannotDecrypt(
                f"a value bound to {bound_to} was sealed with key {key_id(sealed).hex()}, "
                "which is not in CONTACTFLOW_SECRET_KEYS: put that key back behind the new one"
            )
        return key.open(sealed, bound_to)

    def is_current(self, sealed: bytes) -> bool:
        return key_id(sealed) == self._newest.id

    def new_run_key(self, bound_to: str) -> bytes:
        """A new random key for one run, sealed for storage."""
        return self.seal(AESGCM.generate_key(256), bound_to)

    def run_key(self, sealed: bytes, bound_to: str) -> Key:
        return Key(bytes(4), AESGCM(self.open(sealed, bound_to)))

    def keyed_hash(self, value: str) -> str:
        """A fingerprint of something personal that tells equality and nothing else.

        Made with the oldest secret, so that adding a new one in front keeps old hashes comparable.
        """
        return hmac.new(self._hash_key, value.encode(), hashlib.sha256).hexdigest()

    def signature(self, message: bytes) -> bytes:
        return _signature(self._signing_keys[0], message)

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """By any of the keys."""
        return any(hmac.compare_digest(_signature(key, message), signature) for key in self._signing_keys)


def key_id(sealed: bytes) -> bytes:
    if sealed[:1] != VERSION:
        raise CannotDecrypt("this is not a sealed value")
    return bytes(sealed[1:HEADER])


def bound_to(organization_id: str, table: str, row_id: str, column: str) -> str:
    """The associated data of a sealed value: moved to another row or column, it cannot be decrypted."""
    return f"{organization_id}/{table}/{row_id}/{column}"


def _derive(secret: str) -> Key:
    return Key(_stretch(secret, b"contactflow key id")[:4], AESGCM(_stretch(secret, b"contactflow encryption")))


def _signature(key: bytes, message: bytes) -> bytes:
    """Of 96 bits: short enough for an address on one line, and too many to try over a network."""
    return hmac.digest(key, message, "sha256")[:SIGNATURE]


def _stretch(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
