"""Actions across all targets."""

from rollouts.api.models import Action
from rollouts.api.resource import Resource


class Actions(Resource[Action]):
    PATH = "actions"
    ENTITY = Action
    PARAMS = {"representation": "full"}
