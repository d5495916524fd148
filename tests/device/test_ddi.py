"""DDI shapes: every field right, and every field wrong."""

import json

from fake_ddi import artifact, chunk
from hawkbit import ddi, deployment
from hawkbit.deployment import Artifact, parse
from hawkbit.errors import ProtocolError, UpdateError
from runner import raises

LINK = "http://server/DEFAULT/controller/v1/dev1/deploymentBase/8?c=-2127183556"
SHA = "b3a04740a19e36057ccf258701922f3cd2f1a880536be53a3ca8d50f6b615975"
# What JSON can put in place of anything.
WRONG = (None, True, 7, -1, 1.5, "", "x", [], [1], {}, {"x": 1})


def poll(**changes):
    answer = {
        "config": {"polling": {"sleep": "00:05:00"}},
        "_links": {"deploymentBase": {"href": LINK}},
    }
    answer.update(changes)
    return ddi.poll(answer)


def deploy(artifacts=None, body=None, weak=False, **chunk_changes):
    one = chunk(artifacts or [artifact(b"x")], **chunk_changes)
    body = body or {"download": "forced", "update": "forced", "chunks": [one]}
    return parse({"id": "8", "deployment": body}, "8", weak)


# --- the poll


def test_poll_with_every_link_gives_their_addresses():
    rels = "deploymentBase", "cancelAction", "confirmationBase", "installedBase", "configData"
    found = poll(_links={rel: {"href": "http://server/%s/7?c=1" % rel} for rel in rels})
    offers = [ddi.Offer("7", "http://server/%s/7?c=1" % rel) for rel in rels[:3]]
    assert found == ddi.Poll("00:05:00", *offers, True)


def test_poll_without_links_is_idle():
    for links in (None, {}, []):
        assert poll(_links=links) == ddi.Poll("00:05:00", None, None, None, False)
    assert ddi.poll({"config": {"polling": {"sleep": "1"}}}).deployment is None


def test_poll_with_unknown_rels_and_keys_ignores_them():
    found = poll(_links={"new": {"href": "http://x"}, "odd": 5}, more=[1])
    assert found.deployment is None


def test_poll_of_wrong_shape_is_protocol_error():
    for answer in (None, [], [{}], "poll", 5, True, {}, {"status": 200}, {"config": {}}):
        raises(ProtocolError, ddi.poll, answer)
    for wrong in WRONG:
        raises(ProtocolError, ddi.poll, {"config": wrong})
        if type(wrong) is not dict:
            raises(ProtocolError, ddi.poll, {"config": {"polling": wrong}})
        if wrong and type(wrong) is not dict:
            raises(ProtocolError, poll, _links=wrong)


def test_links_without_a_sleep_are_no_poll():
    links = {"deploymentBase": {"href": "http://h/deploymentBase/1"}}
    for config in (None, [], {}, {"polling": None}, {"polling": []}, {"polling": {}}):
        raises(ProtocolError, ddi.poll, {"config": config, "_links": links})


def test_poll_with_a_link_of_wrong_shape_is_protocol_error():
    for rel in ("deploymentBase", "cancelAction", "confirmationBase", "configData"):
        for wrong in WRONG:
            e = raises(ProtocolError, poll, _links={rel: wrong})
            assert rel in str(e)
            if wrong != "x":
                raises(ProtocolError, poll, _links={rel: {"href": wrong}})


def test_action_id_is_the_last_word_of_the_path():
    for link, action_id in (
        (LINK, "8"),
        ("http://server/deploymentBase/-1", "-1"),
        ("http://server/deploymentBase/9223372036854775807/?c=1/2", "9223372036854775807"),
    ):
        found = poll(_links={"deploymentBase": {"href": link}})
        assert found.deployment == ddi.Offer(action_id, link)


# --- sleep


def test_sleep_of_every_legal_form_is_seconds():
    for text, sleep_s in (
        ("00:00:01", 1),
        ("00:05:00", 300),
        ("23:59:59", 86399),
        ("PT24H", 86400),
        ("PT36H30M", 131400),
        ("PT26H13M7.456S", 94387),
        ("P1DT1S", 86401),
        ("P2D", 172800),
        ("PT0.5S", None),
        ("PT1.9S", 1),
    ):
        if sleep_s:
            assert ddi.sleep_s(text) == sleep_s, text
        else:
            raises(ProtocolError, ddi.sleep_s, text)


def test_sleep_of_any_other_form_is_protocol_error():
    texts = "0 : :: aa:bb:cc 5 00:05 00:05:00:00 -1:00:00 00:00:00 00:05:0x 1.5:00:00 P PT PTS"
    texts += " PT5 PTM5 PT-5S PT1e9H P1Y P1W PT1.2.3S pt5s \u0663:\u0663:\u0663x \u00b2:00:01"
    texts += " PT1M5 PT" + "9" * 400 + "H"
    for text in texts.split(" ") + ["", " 00:05:00"]:
        e = raises(ProtocolError, ddi.sleep_s, text)
        assert "sleep" in str(e), text
    for wrong in WRONG + (["P"], ["PT1H"], b"00:05:00"):
        raises(ProtocolError, ddi.sleep_s, wrong)


# --- the deployment


def test_deployment_of_the_reference_is_read():
    part = {
        "part": "jvm",
        "version": "1.0.75",
        "name": "oneapp runtime",
        "artifacts": [
            {
                "filename": "binary.tgz",
                "hashes": {"sha1": "9" * 40, "md5": "d" * 32, "sha256": SHA},
                "size": 13,
                "_links": {
                    "download": {"href": "https://cdn/binary.tgz"},
                    "download-http": {"href": "http://cdn/binary.tgz"},
                    "md5sum": {"href": "https://cdn/binary.tgz.MD5SUM"},
                },
            }
        ],
        "metadata": [{"key": "aMetadataKey", "value": "Metadata value"}],
    }
    body = {
        "download": "attempt",
        "update": "skip",
        "maintenanceWindow": "unavailable",
        "chunks": [part],
    }
    found = parse({"id": "8", "deployment": body, "actionHistory": {}}, "8")
    assert found[:4] == ("8", "attempt", "skip", "unavailable")
    assert found.artifacts == [
        Artifact(
            "jvm",
            "oneapp runtime",
            "1.0.75",
            {"aMetadataKey": "Metadata value"},
            "binary.tgz",
            13,
            "sha256",
            SHA,
            "https://cdn/binary.tgz",
        )
    ]


def test_deployment_with_several_chunks_gives_all_artifacts():
    chunks = [
        chunk([artifact(b"a", "a.bin"), artifact(b"b", "b.bin")], "bApp"),
        chunk([artifact(b"c", "a.bin")], "os"),
    ]
    found = parse({"deployment": {"chunks": chunks}}, "8").artifacts
    assert [(a.part, a.filename) for a in found] == [
        ("bApp", "a.bin"),
        ("bApp", "b.bin"),
        ("os", "a.bin"),
    ]


def test_delta_is_known_by_the_end_of_its_name_and_anything_else_is_an_artifact():
    base = "0123456789abcdef"
    for name in (
        "fw.delta",
        "fw.from-%s" % base,
        "fw.from-%s.bin" % base,
        "fw.from-%s.delta.bin" % base,
        "fw.from-%s.delta" % base[1:],
        "fw-from-%s.delta" % base,
        ".from-%s.delta" % base,
    ):
        found = deploy([artifact(b"x"), artifact(b"y", name)])
        assert [one.filename for one in found.artifacts] == ["fw.bin", name]
        assert found.deltas == {}
    found = deploy([artifact(b"x"), artifact(b"y", "fw.from-%s.delta" % base)])
    assert [one.filename for one in found.artifacts] == ["fw.bin"]
    assert list(found.deltas) == ["os/fw.from-" + base]


def test_deployment_that_is_null_is_tried_again():
    raises(ProtocolError, parse, None, "8")


def test_deployment_of_wrong_shape_at_the_top_is_refused():
    for wrong in WRONG[1:]:
        e = raises(UpdateError, parse, wrong, "8")
        assert "deployment" in str(e), wrong
    for wrong in WRONG:
        raises(UpdateError, parse, {"deployment": wrong}, "8")
        raises(UpdateError, parse, {"confirmation": wrong}, "8")
        e = raises(UpdateError, parse, {"deployment": {"chunks": wrong}}, "8")
        assert "chunk" in str(e) or "artifacts" in str(e), (wrong, e)
        if type(wrong) is not dict:
            raises(UpdateError, parse, {"deployment": {"chunks": [wrong]}}, "8")


def test_deployment_with_any_wrong_field_of_a_chunk_names_the_field():
    for key in ("part", "name", "version", "artifacts", "metadata"):
        for wrong in WRONG:
            is_text = type(wrong) is str and key in ("part", "name", "version")
            if is_text or (key == "metadata" and not wrong):
                continue
            one = chunk([artifact(b"x")])
            one[key] = wrong
            e = raises(UpdateError, parse, {"deployment": {"chunks": [one]}}, "8")
            assert key in str(e) or "artifact" in str(e), (key, wrong, e)


def test_deployment_without_any_one_field_of_a_chunk_names_the_field():
    for key in ("part", "name", "version", "artifacts"):
        one = chunk([artifact(b"x")])
        del one[key]
        e = raises(UpdateError, parse, {"deployment": {"chunks": [one]}}, "8")
        assert str(e) == "bad deployment: no usable " + key


def test_deployment_with_any_wrong_field_of_an_artifact_names_the_field():
    for key, word in (
        ("filename", "filename"),
        ("size", "size"),
        ("hashes", "sha256"),
        ("_links", "link"),
    ):
        for wrong in WRONG:
            if (key, type(wrong)) == ("filename", str) or (key, wrong) == ("size", 7):
                continue
            e = raises(UpdateError, deploy, [artifact(b"x", **{key: wrong})])
            assert word in str(e) or key in str(e), (key, wrong, e)
        one = artifact(b"x")
        del one[key]
        raises(UpdateError, deploy, [one])


def test_deployment_with_a_wrong_hash_is_refused():
    for wrong in WRONG + (SHA[1:], SHA + "0", SHA.encode()):
        e = raises(UpdateError, deploy, [artifact(b"x", hashes={"sha256": wrong})])
        assert "fw.bin: no usable sha256" in str(e)


def test_deployment_with_upper_case_hash_is_read():
    found = deploy([artifact(b"x", hashes={"sha256": SHA.upper()})])
    assert found.artifacts[0].digest == SHA


def test_weak_hashes_count_only_when_asked_for():
    weak = {"sha1": "a" * 40, "md5": "b" * 32}
    raises(UpdateError, deploy, [artifact(b"x", hashes=weak)])
    assert deploy([artifact(b"x", hashes=weak)], weak=True).artifacts[0].hash == "sha1"
    del weak["sha1"]
    assert deploy([artifact(b"x", hashes=weak)], weak=True).artifacts[0].hash == "md5"
    weak["sha256"] = SHA
    assert deploy([artifact(b"x", hashes=weak)], weak=True).artifacts[0].hash == "sha256"
    raises(UpdateError, deploy, [artifact(b"x", hashes={"md5": "b"})], weak=True)


def test_deployment_with_wrong_links_has_none_usable():
    for wrong in WRONG:
        if type(wrong) is str and wrong:
            continue
        for links in ({"download": wrong}, {"download": {"href": wrong}}):
            e = raises(UpdateError, deploy, [artifact(b"x", _links=links)])
            assert "fw.bin: no usable link" in str(e), links
    links = {"md5sum": {"href": "http://x/y.MD5SUM"}, "md5sum-http": {"href": "http://x/y"}}
    raises(UpdateError, deploy, [artifact(b"x", _links=links)])


def test_links_by_their_right_names_come_before_those_by_any_other():
    links = {"download": {"href": "d"}, "download-http": {"href": "h"}, "a": {"href": "a"}}
    for names, is_https, url in (
        (("download", "download-http", "a"), True, "d"),
        (("download", "download-http", "a"), False, "h"),
        (("download", "a"), False, "d"),
        (("download-http", "a"), True, "h"),
        (("a",), True, "a"),
    ):
        one = artifact(b"x", _links={name: links[name] for name in names})
        found = parse({"deployment": {"chunks": [chunk([one])]}}, "8", is_https=is_https)
        assert found.artifacts[0].url == url, (names, is_https)


def test_deployment_with_wrong_metadata_is_refused():
    for wrong in WRONG:
        if type(wrong) is not str:
            raises(UpdateError, deploy, metadata=[{"key": wrong, "value": "v"}])
            raises(UpdateError, deploy, metadata=[{"key": "k", "value": wrong}])
        raises(UpdateError, deploy, metadata=[wrong])
    assert deploy(metadata=[{"key": "k", "value": ""}]).artifacts[0].metadata == {"k": ""}


def test_deployment_with_no_artifacts_says_so():
    for chunks in ([], [chunk([])], [chunk([artifact(b"x")]), chunk([])]):
        e = raises(UpdateError, parse, {"deployment": {"chunks": chunks}}, "8")
        assert "no artifacts" in str(e)


def test_size_of_nothing_is_refused():
    for size in (0, -1):
        raises(UpdateError, deploy, [artifact(b"x", size=size)])


def test_size_beyond_32_bit_is_exact():
    assert deploy([artifact(b"x", size=5000000000)]).artifacts[0].size == 5000000000


# --- cancel


def test_stop_id_is_text_whatever_the_server_sends():
    assert deployment.stop_id({"id": "11", "cancelAction": {"stopId": "11"}}) == "11"
    assert deployment.stop_id({"cancelAction": {"stopId": 11}}) == "11"


def test_cancel_of_wrong_shape_is_protocol_error():
    for wrong in WRONG:
        raises(ProtocolError, deployment.stop_id, wrong)
        raises(ProtocolError, deployment.stop_id, {"cancelAction": wrong})
        if wrong not in (7, -1, "x") or wrong is True:
            raises(ProtocolError, deployment.stop_id, {"cancelAction": {"stopId": wrong}})


# --- what the device says


def test_feedback_has_only_what_the_server_takes():
    assert deployment.feedback("7", deployment.EXEC_CLOSED, deployment.RESULT_SUCCESS) == {
        "id": "7",
        "status": {"execution": "closed", "result": {"finished": "success"}},
    }
    status = deployment.feedback("7", "proceeding", "none", ["a"], 7)["status"]
    assert status["details"] == ["a"] and status["code"] == 7


def test_details_have_no_markup_and_are_cut():
    lines = ["<module> a<b>", "x" * 600, ValueError("<stdin>")] + ["more"] * 30
    clean = deployment.clean_details(lines)
    assert clean[0] == "(module) a(b)"
    assert len(clean[1]) == 512 and clean[2] == "(stdin)" and len(clean) == 20


def test_attributes_are_cut_to_what_the_server_takes():
    data = ddi.config_data({"k~\u00e9" + "x" * 200: "12 \u00b0C `a`\r\n\x00\x7f", "n": 5})["data"]
    key = "k__" + "x" * 125
    assert data == {key: "12 _C _a__\n__", "n": "5"}
    allowed = "abcXYZ019_-!@#$%^&*()+=[]{}|;:'\",.<>/\\? \t\n"
    assert ddi.config_data({"k": allowed})["data"] == {"k": allowed}
    assert len(ddi.config_data({"k%03d" % i: i for i in range(101)})["data"]) == 100


def test_attribute_of_none_is_deleted():
    body = ddi.config_data({"old": None}, "merge")
    assert json.loads(json.dumps(body)) == {"mode": "merge", "data": {"old": None}}
