"""A poll of `rollouts serve` over real sockets, plain and over TLS."""

import os

from hawkbit.client import Client
from hawkbit.http import Session
from interpreter import clock, net

NEEDS = ("DDI_URL",)


def poll(url, tls=None):
    session = Session(net, clock, tls)
    client = Client(session, url, "DEFAULT", "a+b-é", gateway_token=token())
    offer = client.poll()
    client.poll()
    client.close()
    return offer, session


def token():
    return os.getenv("DDI_GATEWAY_TOKEN")


def ca():
    with open(os.getenv("CA_PEM"), "rb") as f:
        return f.read()


def test_new_device_is_asked_for_its_attributes():
    offer, session = poll(os.getenv("DDI_URL"))
    assert offer.wants_config and not offer.deployment
    assert session.connections == 1


def test_poll_over_tls_keeps_its_connection():
    offer, session = poll(os.getenv("DDI_TLS_URL"), net.context(ca()))
    assert offer.wants_config
    assert session.connections == 1
