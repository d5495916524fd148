# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""One artifact into one sink: whole blocks, one buffer, length and hash.

A sink is any object with these (slot.FirmwareSlot, files.AppFiles):

begin(artifact, have)  start, keeping the first `have` bytes (whole blocks) that are stored;
                       return how many it really keeps. Raises UpdateError on size or
                       metadata before it touches anything
write(offset, block)   store up to 4096 bytes, which it may alter; offset a multiple of 4096
read(offset, buf)      give back what is stored; for a begin() that may keep something
finish()               length and hash of the artifact agreed
activate()             use it from the next boot on; True: needs a reset. May be repeated
abort()                forget what begin() started
keep(), restore(kept)  a short str that the journal keeps for the sink over a reset
is_slot                True for the one that is activated last, since it decides what boots;
                       it takes a single artifact. Other parts may have several: the next
                       begin() adds to what was finished, until abort() or the trial ends
trial                  what judges it after activate() (see trial.py), or None
read_base(offset, buf) fill `buf` from what runs now, for deltas; only a slot has it
"""

import binascii
import hashlib

from micropython import const

from hawkbit.client import BLOCK_SIZE
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from hawkbit.http import absolute

_MAX_STUCK = const(5)
_MAX_REDIRECTS = const(5)
_REDIRECTS = const((301, 302, 303, 307, 308))
_FIREWALL = const("%;\\/")  # what Spring's, before hawkBit, refuses in a path, however encoded


def ask(client, url, start, end, etag=None):
    """Ask for the bytes `start` to `end` (exclusive) of an artifact.

    Returns the response and the URL that gave it, which may be that of a redirect.
    etag: as received with an earlier part; another file is then answered whole (200).
    Raises UpdateError for a link from https to http.
    """
    headers = {"Range": "bytes=%d-%d" % (start, end - 1)}
    if etag and etag[:2] != "W/":  # a weak one is not allowed there: the hash decides
        headers["If-Range"] = etag
    for _ in range(_MAX_REDIRECTS + 1):
        if client.origin[0] == "https" and url[:6].lower() != "https:":
            raise UpdateError("artifact link leads from https to http; see rewrite_links")
        # A copy: the token in it must not go along to where a redirect leads.
        response = client.request("GET", url, headers.copy())
        if response.status not in _REDIRECTS:
            return response, url
        location = response.header("location")
        response.close()
        if not location:
            raise ProtocolError("a redirect to nowhere")
        url = absolute(url, location)
    raise ProtocolError("over %d redirects" % _MAX_REDIRECTS)


class Download:
    """Fetches `artifact` into `sink`; `offset` is how far it has come, in bytes.

    An error leaves it where it is: call window() again. OSError, HTTPError, ProtocolError:
    later it may go on. UpdateError: never, also after five permanent answers without progress.
    """

    frame = 0  # of a delta: see delta.py

    def __init__(self, client, artifact, sink, file=None):
        self.artifact = artifact
        self.file = file or artifact  # what is fetched for it
        self.offset = 0
        self.etag = None
        self._url = None  # where a redirect led
        self._trusts_etag = True
        self._client = client
        self._sink = sink
        self._resumed = False
        self._stuck = 0
        # Cut now, since a slice in the loop would allocate.
        self._tail = client.view[: artifact.size % BLOCK_SIZE]

    def begin(self, have, etag, block_done):
        """Start, or go on after a reset with `have` bytes: they are hashed again first.

        A generator that calls block_done() and yields after each block read back.
        """
        self._hash = getattr(hashlib, self.artifact.hash)()
        self.offset = 0
        self.etag = etag if have else None
        have = self._sink.begin(self.artifact, min(have, self.artifact.size))
        self._resumed = have > 0
        while self.offset < have:
            self._sink.read(self.offset, self._client.view)
            self._hash.update(self._client.view)
            self.offset += BLOCK_SIZE
            block_done()
            yield

    def window(self, size, block_done):
        """Fetch the next `size` bytes, or all that are left if the server knows no Range.

        A generator that yields after the head, and calls block_done() and yields after each block.
        """
        start = self.offset
        try:
            yield from self._window(size, block_done)
        except (HTTPError, ProtocolError) as e:
            self._stuck = 1 if self.offset > start else self._stuck + 1
            if self._stuck < _MAX_STUCK or self._may_pass(e):
                raise
            raise UpdateError("the server does not give it: %s" % e)
        self._stuck = 0

    def _may_pass(self, error):
        # A 5xx with an errorCode is hawkBit's own: the file is lost there.
        return isinstance(error, HTTPError) and error.is_transient() and not error.error_code

    def _window(self, size, block_done):
        start = self._position()
        end = min(start + size, self.file.size)
        # After an error the link is asked anew.
        url, self._url = self._url or self._client.artifact_link(self.file.url), None
        etag = self.etag if self._trusts_etag else None
        response, url = ask(self._client, url, start, end, etag)
        try:
            end = self._check_head(response, start, end)
            self.etag = self._client.etag(response)
            blocks = self._blocks(response, end, block_done)
            yield
            yield from blocks
            self._url = url  # where a redirect led: the next window is there too
        finally:
            response.close()

    # What delta.py does otherwise: here the body is the artifact.

    def _position(self):
        return self.offset

    def _blocks(self, response, end, block_done):
        while self.offset < end:
            view = self._block(self.offset)
            self._read(response, view)
            self._store(view)
            block_done()
            yield

    def _block(self, offset):
        whole = self.artifact.size - offset >= BLOCK_SIZE
        return self._client.view if whole else self._tail

    def _read(self, response, view):
        if response.readinto(view) < len(view):
            raise ProtocolError("the body ended at %d" % self.offset)

    def _store(self, view):
        self._hash.update(view)
        try:
            self._sink.write(self.offset, view)
        except OSError as e:
            raise UpdateError("cannot be stored at %d: %s" % (self.offset, e))
        self.offset += len(view)

    def _check_head(self, response, start, end):
        # Returns where the body ends.
        coding = response.header("content-encoding")
        if response.status in (200, 206) and (coding or "identity").lower() != "identity":
            raise ProtocolError("compressed on the way (%s): switch that off there" % coding)
        if response.status == 206:
            return self._check_range(response, start, end)
        if response.status == 200:
            # The whole file: no Range there, or another file than the one begun with. Or so the
            # server thinks; what restarts again and again is asked for without If-Range.
            self._check_length(response)
            self._trusts_etag = start == 0
            self._restart()
            return self.file.size
        if response.status == 400 and any(c in self.file.filename for c in _FIREWALL):
            raise UpdateError("the server refuses the file name %s" % self.file.filename)
        if response.status in (412, 416):
            total = (response.header("content-range") or "").split("/")[-1]
            if total.isdigit() and total != str(self.file.size):
                self._wrong_size(total)
            self._trusts_etag = response.status == 416
            self._restart()
        raise self._client.error(response, self.file.filename)

    def _check_length(self, response):
        length = response.header("content-length")
        kind = (response.header("content-type") or "octet").lower()
        if length == str(self.file.size) or not length and "html" not in kind:
            return
        if "octet" not in kind:
            # What a portal or a proxy says: the network, for now.
            raise OSError("someone else answers: " + kind)
        self._wrong_size(length)

    def _check_range(self, response, start, end):
        # "bytes 0-4095/1672800". Less than asked for is taken, as far as it has whole blocks.
        text = response.header("content-range") or response.header("content-type") or ""
        span, _, total = text.partition("/")
        first, _, last = span.partition("-")
        first = first.lower().replace("=", " ").split()  # some say "Bytes=0-4095/9000"
        if first != ["bytes", str(start)] or not last.isdigit():
            raise ProtocolError("%s instead of the bytes from %d on" % (text or "no range", start))
        if total != "*" and total != str(self.file.size):
            self._wrong_size(total)
        return self._whole_blocks(start, min(end, int(last) + 1), end)

    def _whole_blocks(self, start, end, wanted):
        if end not in (wanted, self.file.size):
            end = end // BLOCK_SIZE * BLOCK_SIZE
        if end <= start:
            raise ProtocolError("a range of less than %d bytes" % BLOCK_SIZE)
        return end

    def _wrong_size(self, size):
        raise UpdateError(
            "%s: size %d in the deployment, %s on the server"
            % (self.file.filename, self.file.size, size)
        )

    def _restart(self):
        for _ in self.begin(0, None, None):
            pass  # nothing is read back

    def finish(self):
        """Compare the hash, and tell the sink; return False to fetch once more from the start.

        Only a resumed file gets that second chance. Raises UpdateError.
        """
        digest = binascii.hexlify(self._hash.digest()).decode()
        if digest == self.artifact.digest:
            try:
                self._sink.finish()
            except OSError as e:
                raise UpdateError("cannot be completed: %s" % e)
            return True
        if not self._resumed:
            raise UpdateError(
                "%s: %s is %s, not %s"
                % (self.artifact.filename, self.artifact.hash, digest, self.artifact.digest)
            )
        self._restart()
        return False
