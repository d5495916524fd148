"""python -m rollouts.serve: the command by itself."""

from .command import main

main()
