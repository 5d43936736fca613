"""From the socket to the application: processes, connections, bodies, and who waits for whom.

The one thing it asks of what it serves is to be a WSGI application; nothing of HTTP's is decided further in.
"""
