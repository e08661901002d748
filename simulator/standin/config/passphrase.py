"""Secrets in stack files, decrypted by the scheme of Pulumi's passphrase provider."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache

from simulator.standin.config.text_file import TextFileError, read_text
from simulator.standin.model.errors import StackConfigError

_ITERATIONS = 1_000_000
"""PBKDF2-SHA256 over an 8-byte salt, then AES-256-GCM (pulumi pkg/secrets/passphrase, encryptionsalt version v1)."""


class Decrypter:
    """Opens `secure:` values of one stack file. Made once per file; deriving the key takes about half a second."""

    def __init__(self, salt: object, environment: Mapping[str, str], where: str) -> None:
        self._salt = salt
        self._environment = environment
        self._where = where

    def open(self, key: str, sealed: str) -> str:
        """The plain text. Errors: StackConfigError names the key and the two ways out, never the value."""
        try:
            return _decrypt(self._key(key), sealed)
        except ValueError:
            raise StackConfigError(
                f"{self._where}: {key} cannot be decrypted; was it written by another stack?"
            ) from None

    def _key(self, key: str) -> bytes:
        if not isinstance(self._salt, str):
            raise StackConfigError(
                f"{self._where}: {key} is a secret, and the file has no encryptionsalt: only the passphrase provider"
                f" can be read here. Give the value with --set {key.removeprefix('edge-router:')}=VALUE"
            )
        phrase = _passphrase(self._environment)
        if phrase is None:
            raise StackConfigError(
                f"{self._where}: {key} is a secret: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE,"
                f" or give the value with --set {key.removeprefix('edge-router:')}=VALUE"
            )
        try:
            return _derive(phrase, self._salt)
        except ValueError as error:
            raise StackConfigError(f"{self._where}: {error}") from None


def is_sealed(value: object) -> bool:
    """{"secure": "…"}: how an encrypted value stands in a stack's file."""
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)


def _passphrase(environment: Mapping[str, str]) -> str | None:
    if "PULUMI_CONFIG_PASSPHRASE" in environment:
        return environment["PULUMI_CONFIG_PASSPHRASE"]
    file = environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        return None
    try:
        return read_text(file).strip()
    except TextFileError as error:
        raise StackConfigError(f"PULUMI_CONFIG_PASSPHRASE_FILE: {file}: {error}") from None


@cache
def _derive(phrase: str, salt: str) -> bytes:
    """The key, after the check the salt line carries: it must open to the word "pulumi"."""
    version, _, rest = salt.partition(":")
    encoded, _, probe = rest.partition(":")
    if version != "v1" or not probe:
        raise ValueError("encryptionsalt is not of the form v1:SALT:CHECK")
    key = hashlib.pbkdf2_hmac("sha256", phrase.encode(), base64.b64decode(encoded), _ITERATIONS, 32)
    try:
        word = _decrypt(key, probe)
    except ValueError:
        word = ""
    if word != "pulumi":
        raise ValueError("incorrect passphrase")
    return key


def _decrypt(key: bytes, sealed: str) -> str:
    # Imported here: only stacks with secrets need it, and it is not a dependency of the edge or the program.
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    version, nonce, ciphertext = [*sealed.split(":"), "", ""][:3]
    if version != "v1":
        raise ValueError("unknown version")
    try:
        return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(ciphertext), None).decode()
    except InvalidTag:
        raise ValueError("not sealed with this key") from None
