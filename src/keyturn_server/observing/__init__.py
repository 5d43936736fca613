"""What there is for those who watch the server: names of requests, numbers, log, traces, readiness."""
