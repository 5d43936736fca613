"""Web clients: refresh token in a cookie, sessions bound to the device, and proof that a page of ours asks."""
