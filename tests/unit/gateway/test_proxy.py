"""The proxy of a device: which URLs are one, and that no complaint repeats any of it."""

import pytest

from gateway.devices.proxy import check_proxy

GOOD = [
    "",
    "http://proxy.example.com:3128",
    "http://10.0.0.7:1",
    "socks5://shop:pass@proxy-1.example.com:65535",
    "socks5://shop:p%40ss%3A%2F@[2001:db8::1]:1080/",
    "SOCKS5://shop@localhost:1080",
]
# With the words that say what is wrong.
BAD = {
    "https://hush:hush@proxy:3128": "neither http:// nor socks5://",
    "socks4://hush:3128": "neither http:// nor socks5://",
    "hush.example.com:3128": "neither http:// nor socks5://",
    "hush": "neither http:// nor socks5://",
    "//hush:3128": "neither http:// nor socks5://",
    "http:hush:3128": "neither http:// nor socks5://",
    "http://hush.example.com": "no port",
    "http://hush.example.com:0": "no port",
    "http://hush.example.com:99999": "port that is no number",
    "http://hush.example.com:12hush": "port that is no number",
    "http://:3128": "names no host",
    "http://hush@:3128": "names no host",
    "socks5://shop:hu/sh@proxy:1080": "port that is no number",
    "socks5://shop:hu#sh@proxy:1080": "port that is no number",
    "http://hush..example.com:3128": "names no host",
    "http://-hush:3128": "names no host",
    "http://" + "hush" * 17 + ":3128": "names no host",
    "http://" + "hush." * 60 + "com:3128": "names no host",
    "http://[hush:3128": "no address",
    "http://hush:3128/path": "goes on after the port",
    "http://hush:3128?hush": "goes on after the port",
    "http://hush:3128#hush": "goes on after the port",
    "http://:hush@proxy:3128": "password without a user",
    "http://hush hush@proxy:3128": "spaces or letters",
    "http://hush\n:3128": "spaces or letters",
    "http://hüsh:3128": "spaces or letters",
}


@pytest.mark.parametrize("url", GOOD)
def test_a_proxy_is_taken(url: str) -> None:
    assert list(check_proxy("device.proxy", url)) == []


@pytest.mark.parametrize(("url", "words"), BAD.items())
def test_what_is_none_is_refused_in_words_that_do_not_repeat_it(url: str, words: str) -> None:
    [violation] = check_proxy("device.proxy", url)
    assert violation.field == "device.proxy"
    assert words in violation.description
    assert "write it like http://host:port" in violation.description
    assert "hush" not in violation.description
