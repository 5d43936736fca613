"""fastapi-users with its two ways of keeping who is signed in: JWTs for access, tokens in the database for new ones.

It has no refresh of its own. ``/refresh`` is made of its parts: the database strategy reads the old token, destroys it
and writes a new one, and the JWT strategy makes a new access token. Its parts commit by themselves.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordRequestForm
from fastapi_users import BaseUserManager, FastAPIUsers, IntegerIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.authentication.strategy.db import AccessTokenDatabase, DatabaseStrategy
from fastapi_users.db import SQLAlchemyUserDatabase
from fastapi_users.password import PasswordHelper
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTable
from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyAccessTokenDatabase, SQLAlchemyBaseAccessTokenTable
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SECRET = os.environ["SECRET_KEY"]
# asyncpg reads libpq's variables.
engine = create_async_engine("postgresql+asyncpg://", pool_size=8, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """All tables."""


class User(SQLAlchemyBaseUserTable[int], Base):
    """As the manual has it, with a number for a key as Django's users have."""

    id: Mapped[int] = mapped_column(primary_key=True)


class AccessToken(SQLAlchemyBaseAccessTokenTable[int], Base):
    """A token of the database strategy."""

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="cascade"))


class UserManager(IntegerIDMixin, BaseUserManager[User, int]):
    """Nothing of its own."""

    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


class Refresh(BaseModel):
    """What ``/refresh`` is sent."""

    refresh: str


async def session() -> AsyncIterator[AsyncSession]:
    """A transaction's worth of database."""
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]
passwords = PasswordHelper(PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),)))


async def user_manager(opened: Session) -> AsyncIterator[UserManager]:
    """As the manual has it."""
    yield UserManager(SQLAlchemyUserDatabase(opened, User), passwords)


async def strategy(opened: Session) -> DatabaseStrategy[User, int, AccessToken]:
    """What refresh tokens are."""
    database: AccessTokenDatabase[AccessToken] = SQLAlchemyAccessTokenDatabase(opened, AccessToken)
    return DatabaseStrategy(database, lifetime_seconds=86_400)


def jwt() -> JWTStrategy[User, int]:
    """What access tokens are."""
    return JWTStrategy(secret=SECRET, lifetime_seconds=1_800)


Manager = Annotated[UserManager, Depends(user_manager)]
Strategy = Annotated[DatabaseStrategy[User, int, AccessToken], Depends(strategy)]
backend = AuthenticationBackend(name="jwt", transport=BearerTransport(tokenUrl="login"), get_strategy=jwt)
users = FastAPIUsers[User, int](user_manager, [backend])
app = FastAPI()


@app.post("/login")
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], manager: Manager, kept: Strategy
) -> dict[str, str]:
    """Its own log-in's steps, with a token of each kind."""
    user = await manager.authenticate(form)
    if user is None or not user.is_active:
        raise HTTPException(400, "LOGIN_BAD_CREDENTIALS")
    return {"access": await jwt().write_token(user), "refresh": await kept.write_token(user)}


@app.post("/refresh")
async def refresh(given: Refresh, manager: Manager, kept: Strategy) -> dict[str, str]:
    """See the module's text."""
    user = await kept.read_token(given.refresh, manager)
    if user is None or not user.is_active:
        raise HTTPException(401)
    await kept.destroy_token(given.refresh, user)
    return {"access": await jwt().write_token(user), "refresh": await kept.write_token(user)}


@app.get("/home")
async def home(user: Annotated[User, Depends(users.current_user(active=True))]) -> dict[str, str]:
    """What wants a token."""
    del user
    return {"message": "Welcome"}
