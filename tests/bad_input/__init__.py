"""Whatever is sent, the answer is a 4xx in JSON that says why, and nothing in the database has changed."""
