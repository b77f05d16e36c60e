"""The command line: `flask create-user`, `flask prepare`, `flask secrets …`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade

from .credentials import generate_key
from .extensions import settings
from .models import Role
from .schemas import InvalidInput, UserInput, parse
from .services import users

secrets = AppGroup("secrets", help="Keys that protect camera passwords.")


def register(app: Flask) -> None:
    app.cli.add_command(create_user)
    app.cli.add_command(prepare)
    app.cli.add_command(secrets)


@click.command("create-user")
@click.argument("email")
@click.option("--name", default="", help="Name shown in the page header.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="viewer", show_default=True)
@click.password_option(help="Asked for when it is not given.")
def create_user(email: str, name: str, role: str, password: str) -> None:
    """Create a person who may sign in."""
    try:
        user = users.create(parse(UserInput, {"email": email, "name": name, "role": role, "password": password}))
    except InvalidInput as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{user.email} may sign in as {user.role}.")


@click.command("prepare")
def prepare() -> None:
    """Bring the database up to date and see to it that there is a first admin."""
    upgrade()
    users.ensure_first_admin()
    if not users.admin_exists():
        link = f"{settings.url}/setup/{users.setup_token()}"
        click.echo(f"There is no admin yet. Open {link} within {users.SETUP_HOURS} hours to become it.")


@secrets.command("new-key")
def new_key() -> None:
    """Print a fresh key for CREDENTIAL_KEYS."""
    click.echo(generate_key())
