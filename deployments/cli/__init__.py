"""The command `contactflow`: a thin layer over the other packages.

The module of a command is imported only when the command is called, so that `--help` is fast.
"""

import sys
from importlib import import_module
from io import TextIOWrapper

import click

COMMANDS = {
    "demo": ("running", "Try everything on simulated accounts, up to the review."),
    "up": ("running", "Start Contactflow on this machine, for real use."),
    "doctor": ("doctor", "Check settings, database, keys, Prefect and connections, and say how to mend them."),
    "deploy": ("deploying", "Hand every flow to a work pool, for any number of workers."),
    "work": ("working", "Run what a work pool holds, on this machine."),
    "migrate": ("administration", "Bring the database up to date."),
    "backup": ("administration", "Copy the database to a file, while everything runs."),
    "org": ("administration", "Organizations."),
    "user": ("administration", "Users of an organization."),
    "keys": ("administration", "Encryption keys."),
    "audit": ("administration", "The audit log."),
    "sign-in": ("accounts", "Print a link that signs a user in to the review page, once."),
    "connect": ("accounts", "Connect a Microsoft or Google account."),
    "connections": ("accounts", "List connected accounts and how they are."),
    "disconnect": ("accounts", "Give an account's permission back and delete its tokens."),
    "sync": ("syncing", "Start a contact sync."),
    "schedule": ("scheduling", "Let syncs of an account run by themselves."),
    "syncs": ("looking", "List syncs, the newest first."),
    "preview": ("looking", "Look at what a sync would change."),
    "approve": ("reviewing", "Approve a sync's plan, or part of it."),
    "reject": ("reviewing", "Reject a sync's plan: nothing is written."),
    "undo": ("reviewing", "Take a completed sync back."),
    "contacts": ("crm", "List or search contacts."),
    "contact": ("contact", "Show one contact, where its values came from and what happened to it."),
    "twins": ("twins", "Find contacts that are perhaps one person."),
    "merge": ("twins", "Make one contact of two."),
    "unmerge": ("twins", "Take a merge back."),
    "keep-apart": ("twins", "Say that two contacts are two people."),
    "import": ("crm", "Read an exported file back, as edits of your own."),
    "export": ("crm", "Write all contacts to a file."),
    "campaign": ("campaigning", "Start e-mail campaigns and decide about them."),
    "campaigns": ("campaign_looking", "List campaigns, the newest first."),
    "template": ("templates", "Texts that mails are made from without a language model."),
    "segment": ("segments", "Criteria for an audience, kept by name."),
    "suppression": ("suppressions", "Who must not be written to."),
    "erase": ("privacy", "Erase one person from everything, for good."),
    "export-person": ("privacy", "Print all that is held of one person."),
    "notify": ("notifying", "Where people are told of what needs them."),
    "mcp": ("assistant", "Serve an AI assistant that works for one user; deciding stays with people."),
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"deployments.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="contactflow")
def main() -> None:
    """Contact sync and personal bulk e-mail that a person can trust."""
    # Characters that the terminal's encoding lacks are printed as escapes instead of raising UnicodeEncodeError.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
