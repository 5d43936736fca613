"""The programs that Keyturn is compared with, each with its lock file, and Keyturn itself."""
