"""Users who sign in with their e-mail address."""
