"""What ties a session to the password it was opened under: the SHA-256 of the stored password hash."""

import hashlib

__all__ = ["password_fingerprint", "password_fingerprint_sql"]


def password_fingerprint(encoded: str) -> str:
    """Return the fingerprint of a stored (hashed) password.

    Args:
        encoded: the content of the user's ``password`` column.

    Returns:
        64 hex digits.
    """
    return hashlib.sha256(encoded.encode()).hexdigest()


def password_fingerprint_sql(column: str, vendor: str) -> str:
    """The same as an SQL expression over a column, for the database to compare in the very statement that rotates.

    SQLite has no SHA-256 of its own; Django registers one on every connection.
    """
    if vendor == "postgresql":
        return f"encode(sha256(convert_to({column}, 'UTF8')), 'hex')"
    return f"SHA256({column})"
