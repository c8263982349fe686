"""`contactflow mcp`: the MCP server for AI assistants."""

import click

from deployments.cli.terminal import command, organization_option, ready_store, show, user_option
from storage.organization import tenants
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine


@command("mcp")
@organization_option
@user_option
@click.option("--list", "only_list", is_flag=True, help="Say which tools there are, and end.")
def mcp_command(organization: str, user: str, *, only_list: bool, as_json: bool) -> None:
    """Serve an AI assistant that works for one user, by the Model Context Protocol on standard input and output.

    It may look, start syncs and campaigns up to their review, advise the reviewer and ask for a decision.
    Deciding stays with people.
    """
    store = ready_store()
    with store.read() as session:
        tenants.scope_of(session, organization, user)
    from deployments.assistant.asking import ASKING  # noqa: PLC0415 (only where it is served)
    from deployments.assistant.looking import LOOKING  # noqa: PLC0415 (as above)

    if only_list:
        tools = {tool.__name__: (tool.__doc__ or "").splitlines()[0] for tool in (*LOOKING, *ASKING)}
        show(as_json, tools, lambda: click.echo("\n".join(f"{name}: {text}" for name, text in tools.items())))
        return
    from deployments.assistant.context import ToolContext  # noqa: PLC0415 (as above)
    from deployments.assistant.server import server_of  # noqa: PLC0415 (as above; takes seconds)

    server_of(ToolContext(store, Engine(settings().prefect_url), organization, user)).run("stdio")
