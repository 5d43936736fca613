"""What a user does with an account: sign up, verify, recover, change, leave. On django-allauth's headless engine."""
