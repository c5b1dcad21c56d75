"""A FastMCP server as its users write them: `fastmcp-server.py stdio`, or `fastmcp-server.py http <port>`."""
import sys

from fastmcp import Context, FastMCP

mcp = FastMCP("kitchen")


@mcp.tool
def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


@mcp.tool
async def simmer(minutes: int, ctx: Context) -> str:
    """Reports each minute."""
    for minute in range(minutes):
        await ctx.report_progress(minute + 1, minutes)
    return f"Done after {minutes} minutes"


@mcp.tool
def burn() -> str:
    """Fails."""
    raise ValueError("too hot")


if sys.argv[1] == "http":
    mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
else:
    mcp.run(transport="stdio", show_banner=False)
