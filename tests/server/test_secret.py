"""The secret a development server makes for itself."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from keyturn_server import secret


def test_it_is_made_once_for_its_owner_alone_and_stays(tmp_path):
    made = secret.development_secret(tmp_path)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert secret.development_secret(tmp_path) == made
    assert len(made) >= 60


def test_two_directories_have_two_secrets(tmp_path):
    (tmp_path / "other").mkdir()
    assert secret.development_secret(tmp_path) != secret.development_secret(tmp_path / "other")


def test_whoever_starts_at_the_same_moment_gets_the_same_one(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: secret.development_secret(tmp_path), range(64)))
    assert len(found) == 1


def test_production_would_refuse_it(tmp_path):
    assert secret.weakness(secret.development_secret(tmp_path)) is not None


@pytest.mark.parametrize("content", ["", "hunter2-of-somebody-else", "keyturn-development-cut"])
def test_a_file_of_somebody_else_is_not_overwritten(tmp_path, content):
    (tmp_path / "secret").write_text(content)
    with pytest.raises(ValueError, match="does not hold a secret of ours; delete it") as refused:
        secret.development_secret(tmp_path)
    assert "hunter2" not in str(refused.value)
    assert (tmp_path / "secret").read_text() == content
