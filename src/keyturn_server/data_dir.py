"""The directory the server keeps files in, made only when something will be kept there."""

from pathlib import Path

from keyturn_server.env import BadEnvironmentError, Environment
from keyturn_server.secret import development_secret

__all__ = ["prepare", "secret_key"]


def prepare(environment: Environment) -> Path:
    """Return the absolute data directory, made (for its owner alone) if the database or the secret lives there.

    Raises:
        BadEnvironmentError: it cannot be made.
    """
    directory = environment.data_dir.absolute()
    makes_secret = environment.debug and not environment.secret_key.get_secret_value()
    if environment.database_url is None or makes_secret:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadEnvironmentError(f"KEYTURN_DATA_DIR cannot be made: {directory}: {error.strerror}") from None
    return directory


def secret_key(environment: Environment, directory: Path) -> str:
    """Return the secret of the environment, or in development the one kept in ``directory``.

    Raises:
        BadEnvironmentError: the kept one cannot be read, or made.
    """
    given = environment.secret_key.get_secret_value()
    if given:
        return given
    try:
        return development_secret(directory)
    except OSError as error:
        raise BadEnvironmentError(f"KEYTURN_DATA_DIR keeps no secret: {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise BadEnvironmentError(str(error)) from None
