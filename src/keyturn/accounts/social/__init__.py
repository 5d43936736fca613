"""Signing in by an account that somebody has elsewhere: Google, GitHub, Apple, Microsoft, any OpenID provider.

The rows are django-allauth's (``socialaccount_socialaccount``); who a provider says somebody is, is found out here, and
each step of it can be taken once (ADR 0054).
"""
