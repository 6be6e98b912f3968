"""Which process a certificate is for."""

import pytest

from services.runtime.tls.names import Name, Peer, peer_of

DOMAIN = "kompang.internal"


@pytest.mark.parametrize(
    ("dns_name", "name"),
    [
        ("dispatch.kompang.internal", Name("dispatch")),
        ("d1.dispatch.kompang.internal", Name("dispatch", "d1")),
        (
            "ip-10-0-0-1.ec2.internal.shardhost.kompang.internal",
            Name("shardhost", "ip-10-0-0-1.ec2.internal"),
        ),
        ("Host-1.ShardHost.Kompang.Internal", Name("shardhost", "Host-1")),
        ("*.shardhost.kompang.internal", Name("shardhost", "*")),
    ],
)
def test_a_name_below_the_domain_is_a_role_and_perhaps_an_instance(dns_name: str, name: Name):
    assert peer_of([dns_name], DOMAIN) == Peer(frozenset({name}))


@pytest.mark.parametrize(
    "dns_name",
    [
        "",
        "localhost",
        "kompang.internal",
        ".kompang.internal",
        "dispatchkompang.internal",
        "xkompang.internal",
        "dispatch.kompang.internal.example.com",
        "dispatch.kompang.internal.",
        "dispatch",
        "d1..kompang.internal",
    ],
)
def test_any_other_name_says_nothing(dns_name: str):
    assert peer_of([dns_name], DOMAIN).names == frozenset()


def test_a_certificate_of_the_role_alone_is_for_each_of_its_processes():
    assert peer_of(["shardhost.kompang.internal"], DOMAIN).may_be("shardhost", "host-1")
    assert peer_of(["*.shardhost.kompang.internal"], DOMAIN).may_be("shardhost", "host-1")


def test_a_certificate_that_names_instances_is_for_those_alone():
    found = peer_of(["shardhost.kompang.internal", "host-1.shardhost.kompang.internal"], DOMAIN)
    assert found.may_be("shardhost", "host-1")
    assert not found.may_be("shardhost", "host-2")
    assert not found.may_be("dispatch", "host-1")


def test_instances_of_one_role_do_not_bind_another():
    found = peer_of(["d1.dispatch.kompang.internal", "shardhost.kompang.internal"], DOMAIN)
    assert found.may_be("shardhost", "host-1")
    assert not found.may_be("dispatch", "d2")
