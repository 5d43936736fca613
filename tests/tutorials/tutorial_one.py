"""The first tutorial: a sheet of settings, without urls or views of its own."""

from importlib.util import find_spec

from tests.tutorials.edits import replace_assignment
from tests.tutorials.project import Project

__all__ = ["APP", "build"]

APP = "accountants"

_REST_FRAMEWORK = """
REST_FRAMEWORK = {
    'DEFAULT_AUTHENTICATION_CLASSES': (
        'rest_framework_simplejwt.authentication.JWTAuthentication',
    )
}
"""

# The sheet's "// initial false" remarks become Python comments, and its settings.SECRET_KEY the name it has in here.
_SIMPLE_JWT = """
from datetime import timedelta

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=2),
    "ROTATE_REFRESH_TOKENS": True,  # initial false
    "BLACKLIST_AFTER_ROTATION": True,  # initial false
    "UPDATE_LAST_LOGIN": False,

    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "VERIFYING_KEY": "",
    "AUDIENCE": None,
    "ISSUER": None,
    "JSON_ENCODER": None,
    "JWK_URL": None,
    "LEEWAY": 0,

    "AUTH_HEADER_TYPES": ("Bearer",),
    "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "user_id",
    "USER_AUTHENTICATION_RULE": "rest_framework_simplejwt.authentication.default_user_authentication_rule",

    "AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.AccessToken",),
    "TOKEN_TYPE_CLAIM": "token_type",
    "TOKEN_USER_CLASS": "rest_framework_simplejwt.models.TokenUser",

    "JTI_CLAIM": "jti",

    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "refresh_exp",
    "SLIDING_TOKEN_LIFETIME": timedelta(minutes=5),
    "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(days=1),

    "TOKEN_OBTAIN_SERIALIZER": "rest_framework_simplejwt.serializers.TokenObtainPairSerializer",
    "TOKEN_REFRESH_SERIALIZER": "rest_framework_simplejwt.serializers.TokenRefreshSerializer",
    "TOKEN_VERIFY_SERIALIZER": "rest_framework_simplejwt.serializers.TokenVerifySerializer",
    "TOKEN_BLACKLIST_SERIALIZER": "rest_framework_simplejwt.serializers.TokenBlacklistSerializer",
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": "rest_framework_simplejwt.serializers.TokenObtainSlidingSerializer",
    "SLIDING_TOKEN_REFRESH_SERIALIZER": "rest_framework_simplejwt.serializers.TokenRefreshSlidingSerializer",
}
"""


def steps_1_to_3(project: Project) -> None:
    """Steps 1 to 3: djangorestframework, djangorestframework-simplejwt and django-cors-headers are installed."""
    del project
    assert all(find_spec(name) for name in ("rest_framework", "rest_framework_simplejwt", "corsheaders"))


def step_4(project: Project) -> None:
    """Step 4: a project and an app exist, and the app is installed."""
    project.django_admin("startproject", "backend", ".")
    project.manage("startapp", project.app)
    _install(project, project.app)


def step_5(project: Project) -> None:
    """Step 5: the three packages are installed apps."""
    _install(project, "rest_framework", "rest_framework_simplejwt.token_blacklist", "corsheaders")


def step_6(project: Project) -> None:
    """Step 6: simplejwt authenticates every request."""
    project.append("backend/settings.py", _REST_FRAMEWORK)


def step_7(project: Project) -> None:
    """Step 7: simplejwt's configuration, every name of it."""
    project.append("backend/settings.py", _SIMPLE_JWT)


def step_8(project: Project) -> None:
    """Step 8: CORS is open to all origins, its middleware in front of CommonMiddleware."""
    common = "    'django.middleware.common.CommonMiddleware',\n"
    settings = project.read("backend/settings.py")
    assert settings.count(common) == 1
    project.write(
        "backend/settings.py", settings.replace(common, f"    'corsheaders.middleware.CorsMiddleware',\n{common}")
    )
    project.append("backend/settings.py", "CORS_ALLOW_ALL_ORIGINS = True")


def step_9(project: Project) -> None:
    """Step 9: the access token's time may be raised in SIMPLE_JWT; then makemigrations and migrate."""
    project.manage("makemigrations")
    project.manage("migrate")


def _install(project: Project, *apps: str) -> None:
    def with_apps(settings: str) -> str:
        names: dict[str, list[str]] = {}
        exec(settings.replace("__file__", "'/'"), names)
        lines = "".join(f"    '{name}',\n" for name in (*names["INSTALLED_APPS"], *apps))
        return replace_assignment(settings, "INSTALLED_APPS", f"INSTALLED_APPS = [\n{lines}]")

    project.edit("backend/settings.py", with_apps)


def build(project: Project) -> None:
    """Follow the sheet from its first step to its last, up to "run server to confirm"."""
    project.root.mkdir()
    for step in (steps_1_to_3, step_4):
        step(project)
    project.append("backend/settings.py", project.database.settings())
    for step in (step_5, step_6, step_7, step_8, step_9):
        step(project)
