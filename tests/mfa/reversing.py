"""A project's own hooks for factors, which read what the project has encrypted in a way of its own."""

from keyturn.mfa.adapter import FactorAdapter

__all__ = ["ReversingAdapter"]


class ReversingAdapter(FactorAdapter):
    """Its cipher is of no use but for this."""

    def decrypt(self, encrypted_text: str) -> str:
        """Read backwards."""
        return encrypted_text[::-1]
