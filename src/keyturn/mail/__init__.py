"""Mail that is sent once its transaction has committed, again until it is taken, and lies encrypted until then."""
