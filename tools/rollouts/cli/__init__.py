"""The command line: `rollouts`. One module per group of commands, all of them thin."""


def main():
    from rollouts.cli.root import make_app

    make_app()(prog_name="rollouts")
