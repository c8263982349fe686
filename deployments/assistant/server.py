"""The MCP server: each tool in `LOOKING` and `ASKING`, bound to a context.

The only module that imports `mcp`, because that takes seconds.
"""

import functools
import inspect
from collections.abc import Callable

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from deployments.assistant.answers import WARNING, Answer
from deployments.assistant.asking import ASKING
from deployments.assistant.context import ToolContext
from deployments.assistant.looking import LOOKING
from deployments.cli.terminal import is_expected

Tool = Callable[..., Answer]
INSTRUCTIONS = f"""\
Contactflow brings contacts from Outlook and Google into a CRM and writes personal bulk e-mail. Every sync and every \
campaign stops at a review: a person decides, on a page that you can link to, and you cannot. You may look, start runs \
up to their review, advise the reviewer with `propose_decision`, and ask people to decide with `ask_for_approval`.
{WARNING}"""


def server_of(context: ToolContext) -> MCPServer:
    made = MCPServer("contactflow", instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in (*LOOKING, *ASKING):
        reads = ToolAnnotations(read_only_hint=tool in LOOKING, destructive_hint=False, open_world_hint=False)
        made.add_tool(
            _at(context, tool),
            name=tool.__name__,
            description=inspect.getdoc(tool),
            annotations=reads,
            structured_output=True,
        )
    return made


def _at(context: ToolContext, tool: Tool) -> Tool:
    """The tool without its `context` parameter, and with expected errors raised as ToolError."""

    @functools.wraps(tool)
    def called(**given: object) -> Answer:
        try:
            return tool(context, **given)
        except Exception as error:
            if not is_expected(error):
                raise
            raise ToolError(str(error)) from None

    seen = inspect.signature(tool)
    # The MCP server derives the tool's input schema from this.
    called.__signature__ = seen.replace(parameters=list(seen.parameters.values())[1:])  # type: ignore[attr-defined]  # read by inspect.signature()
    return called
