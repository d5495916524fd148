from typing import Callable

from hawkbit.client import Client
from hawkbit.ddi import Offer
from hawkbit.deployment import Deployment

def answer(client: Client, offer: Offer, accept: Callable[[Deployment], str]) -> bool: ...
def auto_confirm(
    client: Client, active: bool, initiator: str | None = None, remark: str | None = None
) -> None: ...
