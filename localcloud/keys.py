"""The RSA keys that ID tokens are signed with, as Google's sign-on service keeps them.

They lie in the state folder, readable by their owner only, so that a token outlives a restart of
the process that made it.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_SUBJECT = x509.Name(
    [x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.dropserve.local")]
)


def base64url(data: bytes) -> str:
    """URL-safe base64 without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@dataclass(frozen=True)
class SigningKey:
    """One RSA key; `kid` is derived from its public half, so it is stable over restarts."""

    private: rsa.RSAPrivateKey
    kid: str

    @classmethod
    def from_pem(cls, pem: bytes) -> SigningKey:
        """Read a private key. Raises ValueError where the file holds something else."""
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise ValueError("not an RSA private key")
        public = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private, hashlib.sha256(public).hexdigest()[:40])

    def sign(self, message: bytes) -> bytes:
        """The RS256 signature (RFC 7518)."""
        return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def certificate(self) -> str:
        """A self-signed X.509 certificate in PEM: the form that /oauth2/v1/certs publishes."""
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_SUBJECT)
            .issuer_name(_SUBJECT)
            .public_key(self.private.public_key())
            .serial_number(int(self.kid[:16], 16) + 1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(self.private, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 7517)."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": _whole(numbers.n),
            "e": _whole(numbers.e),
        }


class KeyFolder:
    """The signing keys of one local cloud, newest last; numbered files in one private folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keys = [SigningKey.from_pem(path.read_bytes()) for path in self._files()]
        if not self._keys:
            self.rotate()

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self._keys[-1]

    @property
    def published(self) -> tuple[SigningKey, ...]:
        """The keys that still verify: the current one and the one before it, as Google does."""
        return tuple(self._keys[-2:])

    def rotate(self, *, forget: bool = False) -> None:
        """Sign with a new key from now on; forget: withdraw all older ones at once."""
        pem = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        older = self._files()
        number = int(older[-1].stem) + 1 if older else 1
        write_private(self._folder / f"{number:06d}.pem", pem)
        kept = 0 if forget else 1
        for path in older[: len(older) - kept]:
            path.unlink()
        self._keys = [*self._keys[len(self._keys) - kept :], SigningKey.from_pem(pem)]

    def secret(self, name: str) -> bytes:
        """32 random bytes under a name, made on first use."""
        path = self._folder / f"{name}.secret"
        if not path.exists():
            write_private(path, os.urandom(32))
        return path.read_bytes()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.pem"))


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)


def _whole(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
