"""Second factors and passkeys: what they are, when one counts as used, and what is kept of them.

Enrolled factors are rows of django-allauth's ``mfa_authenticator``, so that a project that has them keeps them. What
its own code cannot promise is kept beside them (ADR 0049): a code that counts once whichever worker sees it, recovery
codes that nobody can read again, a credential that belongs to one user.
"""
