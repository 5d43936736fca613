"""The session engine: one row a login, the rule of rotation, revocation. Services take ``now`` and never a request."""
