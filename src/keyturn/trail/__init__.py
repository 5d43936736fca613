"""The trail: who did what to which account, from where, and how it ended. Written once, changed never."""
