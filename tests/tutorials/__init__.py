"""The two tutorials Keyturn grew from, as executable documents.

A stock Django project is built by following each tutorial step by step, Keyturn is added by the README's own
instructions, and the tutorials' calls are made over HTTP to a running server, before and after.
"""
