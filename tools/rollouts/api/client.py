"""The way in: one object with a resource group per attribute."""

from typing import Self

from rollouts.api import wire
from rollouts.api.configuration import Configuration
from rollouts.api.login import Login
from rollouts.api.models import UserInfo
from rollouts.api.modules import SoftwareModules
from rollouts.api.rollouts import Rollouts
from rollouts.api.sets import DistributionSets
from rollouts.api.targets import Actions, TargetFilters, Targets, TargetTags
from rollouts.api.transport import Transport, path


class Hawkbit:
    """hawkBit's Management API, of 2023 and of 2026.

        with Hawkbit("http://127.0.0.1:8080", "admin", "admin") as hawkbit:
            for target in hawkbit.targets.find("name==kitchen*"):
                print(target.controller_id, target.update_status)

    `url` ends before /rest/v1. `tenant` is needed by servers whose login is TENANT\\USER.
    `ca`: a PEM file with a root to trust besides the known ones.
    All methods raise ServerError, UnreachableError or BadAnswerError (rollouts.api.errors).
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        tenant: str | None = None,
        ca: str | None = None,
        **options,
    ):
        """`options` go to Transport: on_exchange, sleep, mock."""
        self._transport = Transport(url, Login(user, password, tenant), ca, **options)
        self.sets = DistributionSets(self._transport)
        self.modules = SoftwareModules(self._transport)
        self.targets = Targets(self._transport)
        self.tags = TargetTags(self._transport)
        self.actions = Actions(self._transport)
        self.filters = TargetFilters(self._transport)
        self.rollouts = Rollouts(self._transport)
        self.configuration = Configuration(self._transport)

    @property
    def url(self) -> str:
        return self._transport.origin

    def user_info(self) -> UserInfo:
        """Return who is logged in: the cheapest call that checks address and login."""
        return wire.decode(UserInfo, self._transport.get(path("userinfo")))

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_):
        self.close()
