"""Everything that touches a request: views, serializers, the authentication class, errors as HTTP."""
