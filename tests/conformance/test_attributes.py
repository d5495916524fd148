"""What the device says of itself."""

from conformance.lab import FACTORY


def test_attributes_are_sent_at_first_contact(lab):
    lab.registered_device(HARDWARE="rev C")
    assert lab.api.targets.attributes(lab.name) == {"version": FACTORY, "hw": "rev C"}


def test_attributes_follow_an_update(lab):
    device = lab.registered_device()
    lab.assign(lab.release())
    device.settle()
    assert lab.api.targets.attributes(lab.name)["version"] == "2.0.0"


def test_attributes_that_hawkbit_would_refuse_are_cleaned(lab):
    lab.registered_device(HARDWARE="Gehäuse ~" + "x" * 200)
    assert lab.api.targets.attributes(lab.name)["hw"] == ("Geh_use _" + "x" * 200)[:128]


def test_attributes_are_sent_again_when_the_operator_asks(lab):
    device = lab.registered_device()
    lab.api.targets.update(lab.name, requestAttributes=True)
    assert lab.api.targets.get(lab.name).request_attributes
    device.settle()
    assert not lab.api.targets.get(lab.name).request_attributes


def test_set_that_came_by_cable_is_made_known(lab):
    lab.target()
    lab.release("1.5.0")
    device = lab.device(INSTALLED=(lab.name, "1.5.0"))
    device.settle()
    assert lab.api.targets.installed_set(lab.name).version == "1.5.0"
    assert lab.api.targets.get(lab.name).update_status == "in_sync"
