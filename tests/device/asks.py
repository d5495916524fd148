"""The requests that an action is made of, one by one, as action, report and download make them."""

from hawkbit import ddi
from hawkbit import deployment as shapes
from hawkbit.download import ask


def deployment(client, link):
    """Return the Deployment behind a link."""
    return shapes.read(client, ddi.Offer(link.split("?")[0].split("/")[-1], link))


def stop_id(client, link):
    return shapes.stop_id(client.get(link))


def feedback(client, action_id, execution, finished, details=(), code=None):
    body = shapes.feedback(action_id, execution, finished, details, code)
    client.send("POST", shapes.FEEDBACK % (ddi.DEPLOYMENT_BASE, action_id), body)


def cancel_feedback(client, action_id, execution, finished, details=()):
    body = shapes.feedback(action_id, execution, finished, details)
    client.send("POST", shapes.FEEDBACK % (ddi.CANCEL_ACTION, action_id), body)


def set_installed(client, name, version):
    client.send("PUT", "/" + ddi.INSTALLED_BASE, {"name": name, "version": version})


def artifact(client, url, start, end, etag=None):
    """Return the response to a Range of an artifact, behind any redirects."""
    return ask(client, url, start, end, etag)[0]
