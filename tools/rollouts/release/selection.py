"""Which targets are meant: names, globs, queries; every one known before anything is done."""

import fnmatch
import re

from rollouts.api import rsql
from rollouts.api.errors import RefusedError

# A query travels in the URL, and Tomcat takes 8 KiB of head.
_NAMES_PER_QUERY = 40


def is_glob(text):
    return any(char in text for char in "*?[")


def split(texts):
    """Return the names among `texts`, and the globs."""
    globs = [text for text in texts if is_glob(text)]
    return [text for text in texts if text not in globs], globs


def resolve(hawkbit, names=(), globs=(), queries=()):
    """Return the Targets meant, each once, in the order found.

    Raises RefusedError naming every unknown name, and every glob or query that found nothing.
    """
    found = {}
    problems = []
    known = by_name(hawkbit, names)
    problems += [f"unknown target: {name}" for name in names if name not in known]
    found.update(known)
    for glob in globs:
        targets = _by_glob(hawkbit, glob)
        found.update(targets)
        problems += [] if targets else [f"no target matches {glob}"]
    for query in queries:
        targets = {target.controller_id: target for target in hawkbit.targets.find(query)}
        found.update(targets)
        problems += [] if targets else [f"no target matches the filter {query}"]
    if problems:
        raise RefusedError("\n".join(problems))
    return list(found.values())


def by_name(hawkbit, names):
    """Return {controller id: Target} of those names that exist."""
    found = {}
    plain = [name for name in names if rsql.is_plain(name)]
    for begin in range(0, len(plain), _NAMES_PER_QUERY):
        some = set(plain[begin : begin + _NAMES_PER_QUERY])
        for target in hawkbit.targets.find(rsql.one_of("controllerid", sorted(some))):
            # The server compares without regard to case, a controller id does not.
            if target.controller_id in some:
                found[target.controller_id] = target
    for name in set(names) - set(plain):
        if target := hawkbit.targets.known(name):
            found[name] = target
    return found


def _by_glob(hawkbit, glob):
    # hawkBit has only `*`: it finds more than meant, fnmatch decides.
    rough = re.sub(r"\[[^]]*\]", "*", glob).replace("?", "*")
    targets = hawkbit.targets.find(rsql.matching("controllerid", rough))
    return {
        target.controller_id: target
        for target in targets
        if fnmatch.fnmatchcase(target.controller_id, glob)
    }


def find_set(hawkbit, text):
    """Return the set meant by an id or by NAME:VERSION. Raises RefusedError when there is none."""
    return _versioned(hawkbit.sets, text, "distribution set", "ds")


def find_module(hawkbit, text):
    """The same of a software module."""
    return _versioned(hawkbit.modules, text, "software module", "modules")


def find_filter(hawkbit, text):
    """Return the target filter meant by an id or a name. Raises RefusedError."""
    return _named(hawkbit.filters, text, "filter", "filters")


def find_rollout(hawkbit, text):
    """The same of a rollout."""
    return _named(hawkbit.rollouts, text, "rollout", "rollout")


def find_tag(hawkbit, name):
    """Return the tag of that name. Raises RefusedError when there is none."""
    found = hawkbit.tags.named(name)
    if found is None:
        raise RefusedError(f"no tag {name}: `rollouts tags list` shows those there are")
    return found


def _named(api, text, kind, command):
    if text.isdecimal() and (one := api.known(int(text))):
        return one
    for one in api.find():
        if one.name == text:
            return api.get(one.id)  # whole: lists leave members out
    raise RefusedError(f"no {kind} {text}: `rollouts {command} list` shows those there are")


def _versioned(api, text, kind, command):
    if text.isdecimal():
        if one := api.known(int(text)):
            return one
        raise RefusedError(f"no {kind} {text}")
    if ":" not in text:
        raise RefusedError(f"{text} is no {kind}: give its id or NAME:VERSION")
    # Name and version may hold colons too.
    colons = [index for index, char in enumerate(text) if char == ":"]
    splits = [(text[:index], text[index + 1 :]) for index in colons]
    same = [one for name, version in splits for one in called(api, name, version)]
    if not same:
        raise RefusedError(f"no {kind} {text}: `rollouts {command} list` shows those there are")
    if len(same) > 1:
        # hawkBit 1.0 allows one per type.
        ids = ", ".join(f"{one.id} ({one.type})" for one in same)
        raise RefusedError(f"several are called {text}: give the id, one of {ids}")
    return same[0]


def called(api, name, version):
    """Return the sets or modules, as `api` has them, of just that name and version."""
    query = rsql.all_of(rsql.matching("name", name), rsql.matching("version", version))
    return [one for one in api.find(query) if (one.name, one.version) == (name, version)]
