"""What stands between a guesser and an account: counted attempts, growing waits, passwords worth guessing at."""
