"""`python -m deployments.cli`: the command, where it is not installed."""

from deployments.cli import main

main(prog_name="contactflow")
