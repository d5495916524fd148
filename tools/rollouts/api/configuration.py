"""The tenant's configuration: who may log in, how often devices poll."""

from rollouts.api import wire
from rollouts.api.models import ConfigValue
from rollouts.api.transport import Transport, path

TARGET_TOKEN_ENABLED = "authentication.targettoken.enabled"
GATEWAY_TOKEN_ENABLED = "authentication.gatewaytoken.enabled"
POLLING_TIME = "pollingTime"

_CONFIGS = ("system", "configs")


class Configuration:
    def __init__(self, transport: Transport):
        self._transport = transport

    def all(self) -> dict[str, ConfigValue]:
        """Return {key: ConfigValue}. The gateway token's key is among them: a secret."""
        answer = wire.check_object(self._transport.get(path(*_CONFIGS)), "configs")
        return {key: wire.decode(ConfigValue, value, key) for key, value in answer.items()}

    def get(self, key: str) -> ConfigValue:
        return wire.decode(ConfigValue, self._transport.get(path(*_CONFIGS, key)), key)

    def set(self, key: str, value: bool | int | str) -> None:
        """`value`: bool, int or str. A switch needs a bool: hawkBit reads "yes" as false."""
        self._transport.put(path(*_CONFIGS, key), {"value": value})

    def reset(self, key: str) -> None:
        """Go back to the server's default."""
        self._transport.delete(path(*_CONFIGS, key))
