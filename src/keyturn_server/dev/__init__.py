"""What exists in development only: a clock that can be moved, faults on demand, and the feed of the lab at ``/lab/``.

An app of its own (ADR 0034): production's settings do not install it, so nothing of it is loaded there, and it refuses
to be started without ``DEBUG``.
"""
