"""Tokens for targets and the gateway, of the form that hawkBit makes."""

import secrets


def new_token() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)
