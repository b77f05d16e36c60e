"""The command line: `flask create-user`, `reset-link`, `prepare`, `doctor`, `housekeeping`, `secrets …`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade

import jobs
from jobs import survey

from .credentials import generate_key
from .extensions import migrate, settings
from .models import GIVEN_ON_GROUPS, Role, utc_now
from .schemas import InvalidInput, UserInput, parse
from .services import admins, doctor, partitions, setup, system_checks, system_status, users
from .services.housekeeping import running
from .services.housekeeping.tasks import BY_NAME
from .services.system_checks import Check, Level

secrets = AppGroup("secrets", help="Keys that protect camera passwords.")


def register(app: Flask) -> None:
    app.cli.add_command(create_user)
    app.cli.add_command(reset_link)
    app.cli.add_command(prepare)
    app.cli.add_command(examine)
    app.cli.add_command(clean_up)
    app.cli.add_command(secrets)


@click.command("create-user")
@click.argument("email")
@click.option("--name", default="", help="Name shown in the page header.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="viewer", show_default=True)
@click.option("--group", "groups", multiple=True, help='Path of a group to give a role on, such as "Site A > Gate".')
@click.option(
    "--group-role", type=click.Choice([role.value for role in GIVEN_ON_GROUPS]), default="viewer", show_default=True
)
@click.password_option(help="Asked for when it is not given.")
def create_user(email: str, name: str, role: str, groups: tuple[str, ...], group_role: str, password: str) -> None:
    """Create a person who may sign in."""
    given = {"email": email, "name": name, "role": role, "password": password}
    try:
        on_groups = [{"group": group, "role": group_role} for group in groups]
        user = users.create(parse(UserInput, given | {"groups": on_groups}))
    except InvalidInput as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{user.email} may sign in as {user.role}.")
    for path, given_role in users.group_roles(user).items():
        click.echo(f"On {path}: {given_role}.")


@click.command("reset-link")
@click.argument("email")
def reset_link(email: str) -> None:
    """Print a one-time link for somebody who lost the password, also for the only administrator."""
    user = users.by_email(email)
    if user is None:
        raise click.ClickException(f"Nobody has the e-mail address {email}.")
    if not user.is_enabled:
        raise click.ClickException(f"{user.email} is disabled. An administrator has to enable them first.")
    link = users.new_link(user, utc_now())
    click.echo(f"{settings.url}/join/{link.token}")
    click.echo(f"It works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC.")
    click.echo(f"The old password and all sessions of {user.email} have ended.")


@click.command("prepare")
def prepare() -> None:
    """Bring the database up to date and see to it that there is a first admin."""
    upgrade()
    partitions.make_ahead(utc_now())
    setup.ensure_first_admin()
    if not admins.exist():
        link = f"{settings.url}/setup/{setup.make_token()}"
        click.echo(f"There is no admin yet. Open {link} within {setup.HOURS} hours to become it.")


MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.FAILING: "FAILING"}


@click.command("doctor")
@click.option("--quiet", is_flag=True, help="Only what is not well.")
def examine(quiet: bool) -> None:
    """Examine the running system and its settings; exits with 1 when something fails."""
    now = utc_now()
    try:
        queues = survey.queues(now)
    except jobs.QueueAway:
        queues = None
    found = [*system_status.read(queues, now).checks, *doctor.check(migrate)]
    for check in sorted(found, key=lambda check: -system_checks.SEVERITY[check.level]):
        if not quiet or check.level != Level.OK:
            _tell(check)
    if system_checks.worst(found) == Level.FAILING:
        raise click.exceptions.Exit(1)


def _tell(check: Check) -> None:
    click.echo(f"{MARKS[check.level]}  {check.sentence}")
    if check.remedy:
        click.echo(f"         → {check.remedy}")


@click.command("housekeeping")
@click.argument("task", type=click.Choice(sorted(BY_NAME)))
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what it would do, and do nothing.")
def clean_up(task: str, is_dry: bool) -> None:
    """Run a clean-up here and now."""
    try:
        work = running.run(running.start(task, is_dry, utc_now()), utc_now)
    except running.AlreadyRunning as error:
        raise click.ClickException(str(error)) from None
    for name, number in sorted(work.found.items()):
        click.echo(f"{name.replace('_', ' ')}: {number:,}")
    click.echo("Nothing was changed." if is_dry or not work.found else "Done.")
    if work.problem:
        raise click.ClickException(work.problem)


@secrets.command("new-key")
def new_key() -> None:
    """Print a fresh key for CREDENTIAL_KEYS."""
    click.echo(generate_key())
