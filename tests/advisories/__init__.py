"""Published advisories of this field, one test each: what happened elsewhere must not happen here.

A test's docstring names the advisory and says what it is about; the test says what this code does instead.
"""
