"""Where pages may go: the decisions, without a browser."""

import ipaddress
import re

import pytest

from vigorl.browser.boundary import Boundary, entries, host_and_port_of, scheme_of
from vigorl.browser.errors import UsageError

NEAR = {
    "127.0.0.1 127.9.9.9 127.1 2130706433 0x7f.1 0177.0.0.1 ::1 :: 0.0.0.0 0.1.2.3 localhost "
    "LOCALHOST. a.localhost ::ffff:127.0.0.1 ::ffff:0:1 ::127.0.0.1 64:ff9b::7f00:1 "
    "2002:7f00:1::": "a service of this machine",
    "169.254.169.254 0xa9fea9fe fe80::1 fe80::1%eth0 ::ffff:169.254.169.254": "network segment",
    "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255 fc00::1 fd12::1 "
    "198.18.0.1 192.0.2.1 224.0.0.1 255.255.255.255 2002:a00:1:: ::ffff:10.0.0.1 fec0::1": (
        "private"
    ),
}
FAR = "8.8.8.8 172.32.0.1 100.128.0.1 169.253.0.1 2606:4700::1111 example.org 1.example xn--p1ai"


def test_without_a_list_the_public_web_is_open_and_what_is_near_is_not():
    for hosts, why in NEAR.items():
        for host in hosts.split():
            assert why in (Boundary().refusal(host, 80) or ""), host
            assert Boundary(local=True).refusal(host, 80) is None, host
    for host in FAR.split():
        assert Boundary().refusal(host, 80) is None, host


def test_a_name_opens_what_is_near_only_where_it_is_listed_with_its_port():
    near = ipaddress.ip_address("10.1.2.3")
    assert Boundary().refusal_of("intra.example", 80, near)
    assert Boundary(allow=("intra.example",)).refusal_of("intra.example", 80, near)
    assert Boundary(allow=("*.example:80",)).refusal_of("intra.example", 80, near)
    listed = Boundary(allow=("intra.example:80",))
    assert listed.refusal_of("intra.example", 80, near) is None
    assert listed.refusal("intra.example", 81) == "is not allowed"
    assert Boundary().also("http://intra.example/x").refusal_of("intra.example", 80, near) is None
    assert (
        Boundary(allow=("intra.example", "10.0.0.0/8")).refusal_of("intra.example", 1, near) is None
    )
    assert Boundary(deny=("10.1.0.0/16",), local=True).refusal_of("a.b", 1, near) == "is denied"


def test_a_list_opens_nothing_near_but_what_it_names_whatever_else_is_said():
    both = Boundary(allow=("example.org", "intra.example", "127.0.0.1:3000"), local=True)
    near = ipaddress.ip_address("10.1.2.3")
    assert both.refusal_of("intra.example", 80, near) is None
    assert both.trusts_this_machine("intra.example", 80, near)
    assert both.refusal("127.0.0.1", 3000) is None and both.direct == ("127.0.0.1:3000",)
    for host in ("127.0.0.1", "localhost", "a.localhost", "::1", "10.1.2.3", "169.254.169.254"):
        assert both.refusal(host, 80) == "is not allowed", host
    assert both.refusal_of("other.example", 80, near) == "is not allowed"
    assert not both.trusts_this_machine("127.0.0.1", 80, ipaddress.ip_address("127.0.0.1"))
    named = Boundary(allow=("localhost",), local=True)
    assert named.refusal_of("localhost", 9, ipaddress.ip_address("127.0.0.1")) is None
    assert named.refusal("127.0.0.1", 9) == "is not allowed"


def test_a_list_allows_what_it_names_and_nothing_else():
    boundary = Boundary(
        allow=("example.org", "*.shop.example:8443", "192.0.2.7:80", "[2001:db8::7]")
    )
    allowed = [
        ("example.org", 80),
        ("EXAMPLE.org.", 443),
        ("a.b.shop.example", 8443),
        ("192.0.2.7", 80),
        ("2001:db8::7", 9),
    ]
    refused = [
        ("www.example.org", 80),
        ("example.org.evil.example", 80),
        ("notexample.org", 80),
        ("shop.example", 8443),
        ("a.shop.example", 443),
        ("192.0.2.7", 81),
        ("192.0.2.8", 80),
        ("2001:db8::8", 9),
        ("8.8.8.8", 53),
        ("localhost", 80),
    ]
    assert [place for place in allowed if boundary.refusal(*place)] == []
    assert [place for place in refused if not boundary.refusal(*place)] == []
    with_start = boundary.also("http://localhost:3000/app")
    assert with_start.refusal("localhost", 3000) is None
    assert with_start.refusal("localhost", 3001) is not None
    denied = Boundary(deny=("*.ads.example", "tracker.example:443"))
    assert (
        denied.refusal("x.ads.example", 80) == denied.refusal("tracker.example", 443) == "is denied"
    )
    assert denied.refusal("tracker.example", 80) is denied.refusal("ads.example", 80) is None


@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        ("https://shop.example/x", "give the host alone, as shop.example"),
        ("http://[::1]:3/", "give the host alone"),
        ("two words", "no host: write example.org, example.org:8080"),
        ("shop.example:", "a port is a number"),
        ("shop.example:0", "from 1 to 65535"),
        ("shop.example:65536", "from 1 to 65535"),
        ("", "no host"),
        ("*", "no host"),
        ("sh*p.example", "no host"),
        ("10.0.0.1/8", "no network"),
        ("shop.example/x", "no network"),
        ("0x7f.1", "write the address in full, as 127.0.0.1"),
        ("[shop]:80", "no IPv6 address"),
        ("file:", "a port is a number"),
    ],
)
def test_an_entry_that_is_no_host_is_refused_with_what_is_right(entry, advice):
    with pytest.raises(UsageError, match=re.escape(advice)):
        Boundary(allow=(entry,))
    with pytest.raises(UsageError, match=re.escape(advice)):
        entries([f"example.org,{entry}"])


def test_addresses_are_read_as_chromium_reads_them():
    for url in ("chrome:quit", " CHROME://quit", "ch\nro\tme:///quit", "\x01\x1fchrome://quit"):
        assert scheme_of(url) == "chrome", url
    assert scheme_of("java\tscript:alert(1)") == "javascript"
    assert scheme_of("no scheme: here") == scheme_of("//x/y") == scheme_of("") == ""
    assert host_and_port_of("HTTPS://user@Example.ORG.:/x") == ("example.org", 443)
    assert host_and_port_of("http://0x7f.1:81/") == ("127.0.0.1", 81)
    for odd in (
        "http://[",
        "https://[website]/",
        "http://a\u2100b/",
        "http://\ud83d/",
        "http://x:99999/",
    ):
        assert host_and_port_of(odd) is None
