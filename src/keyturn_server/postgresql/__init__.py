"""Django's PostgreSQL, with connections that outlive requests and are handed from thread to thread."""
