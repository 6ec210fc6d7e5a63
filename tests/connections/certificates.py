"""Certificates for a server of a test: an authority of its own, and a key that it vouches for."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def write_certificates(folder):
    """Write ca.pem, and server.pem with server.key for the name localhost."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _signed("authority", authority.public_key(), authority, x509.BasicConstraints(ca=True, path_length=None))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    server = _signed("localhost", key.public_key(), authority, names)
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    (folder / "server.pem").write_bytes(server.public_bytes(Encoding.PEM))
    (folder / "server.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _signed(name, public_key, signer, extension):
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        public_key,
        x509.random_serial_number(),
        now - dt.timedelta(days=1),
        now + dt.timedelta(days=1),
    )
    return builder.add_extension(extension, critical=False).sign(signer, hashes.SHA256())
