"""`python -m deployments.cli`, for those who have not installed the command."""

from deployments.cli import main

main(prog_name="contactflow")
