"""What no code of ours writes: replies, keys and members of Redis, keys and registrations of Consul."""

from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb

# Nobody sees these: a zero-width space, joiners, marks of direction and their overrides, a soft hyphen,
# a byte order mark, variation selectors, a tag, NUL, escape, a Hangul filler, a joiner of graphemes.
UNSEEN = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069\u00ad\ufeff"
    "\ufe0f\U000e0101\U000e0041\0\x1b\u3164\u034f"
)
STOPS = {
    "between its letters": UNSEEN.join("STOP"),
    "around it": f"{UNSEEN}STOP{UNSEEN}",
    "overridden to be read from the right": "\u202eSTOP\u202c",
    "isolated": "\u2067STOP\u2069",
    "a thousand before it": "\u200b" * 1000 + "stop",
    "six thousand before it": "\u200b" * 6000 + "stop",
    "six thousand spaces before it": " " * 6000 + "stop",
    "60,000 between its letters": ("\u200d" * 15_000).join("STOP"),
    "full width": "ＳＴＯＰ",
    "mathematical letters": "𝐒𝐓𝐎𝐏",
    "circled": "ⓢⓣⓞⓟ",
    "60,000 signs before it": "!🛑" * 30_000 + "stop",
    "from right to left": "\u200f إيقاف \u200f",
}
WORDS = {
    "NUL": "hi\0there",
    "only NULs": "\0" * 100,
    "from right to left": "\u202eمرحبا\u202c",
    "64 kB": "x" * 65_536,
    "64 kB of four bytes": "🛑" * 16_384,
    "64 kB of marks on one letter": "e" + "\u0301" * 32_000,
    "64 kB of ligatures": "\ufdfa" * 21_000,
    "64 kB of quotes": "'" * 65_536,
    "SQL": "'); DROP TABLE kompang.message; --",
    "a format": "%s%n{0}{name}${x}",
    "nothing": "",
    "noncharacters": "\ufffe\uffff\U0010ffff",
}
IDS = {
    "9,000 characters": "i" * 9_000,
    "NUL": "in\0-1",
    "nothing": "",
    "255 of four bytes": "🛑" * 255,
    "a new line": "in\n-1",
    "from right to left": "\u202ein-1",
}
SENDERS = {
    "nothing": "",
    "9,000 digits": "1" * 9_000,
    "letters": "status@broadcast",
    "NUL": "6012\x0034",
    "other digits": "٦٠١٢٣٤",
}
FAR = 253_402_300_799_000_000  # the last second of the year 9999
# Written to the due window of a device: `write(redis, key)`.
IN_REDIS: dict[str, Any] = {
    "a member that is no number": lambda r, key: r.zadd(key, {"no number": 0}),
    "a member that is no text": lambda r, key: r.zadd(key, {b"\xff\xfe\x00:\xff": -1}),
    "a member of 1 MB": lambda r, key: r.zadd(key, {"1" * 1_000_000: 0}),
    "a member of digits without end": lambda r, key: r.zadd(key, {"9" * 5000 + ":1": 0}),
    "numbers below nothing": lambda r, key: r.zadd(key, {"-5:-7": -1e308}),
    "a message of the year 9999 that goes first": lambda r, key: r.zadd(key, {f"{FAR}:7": "-inf"}),
    "a time behind all times": lambda r, key: r.zadd(key, {f"{2**63}:7": 0}),
    "a score without end": lambda r, key: r.zadd(key, {"5:7": "inf"}),
    "a thousand messages that are not there": lambda r, key: r.zadd(
        key, {f"{n}:{n + 10**9}": n for n in range(1000)}
    ),
    "a thousand members of rubbish": lambda r, key: r.zadd(key, {f"rubbish {n}": n for n in range(1000)}),
    "a string": lambda r, key: r.set(key, "no sorted set"),
    "a list": lambda r, key: r.rpush(key, "1:1"),
    "a hash": lambda r, key: r.hset(key, "a", "b"),
    "a stream": lambda r, key: r.xadd(key, {"a": "b"}),
}
KEYS = {
    "members/": b"",
    "members/no-json": b"{]",
    "members/no-text": b"\xff\xfe\x00\x80",
    "members/of-500-kB": b"x" * 500_000,
    "members/%E2%80%AEname": b"",
    "members/..%2f..%2fother": b"{}",
    f"members/{'n' * 900}": b"",
    "members/of/another/version": b'{"version": 99, "weight": -1}',
    "locks/shards/": b"",
    "locks/shards/-1": b"\xff",
    "locks/shards/no-number": b"",
    "locks/shards/99999999999999999999999": b"",
    "locks/shards/%D9%A3": b"",
    "locks/shards/3/below": b"[]",
    "locks/others/3": b"x" * 500_000,
}
# Of a service, what its instances say of themselves.
REGISTRATIONS = {
    "no-address": {"instance": "no-address"},
    "no-port": {"instance": "a", "address": "127.0.0.1"},
    "a-large-port": {"instance": "b", "address": "127.0.0.1:99999999"},
    "a-negative-port": {"instance": "c", "address": "127.0.0.1:-1"},
    "nothing": {"instance": "", "address": ""},
    "no-host": {"instance": "d", "address": ":::::"},
    "letters": {"instance": "e", "address": "\x1bhost\u202e:port"},
    "a-path": {"instance": "f", "address": "unix:///etc/passwd"},
    "another-version": {"version": "99"},
    "none": {},
}


def reply(device_id: int, **fields) -> pb.Inbound:
    usual: dict[str, Any] = {"device_id": device_id, "sender": "60199999999", "text": "hello"}
    return pb.Inbound(**(usual | fields))


def bad_replies(device_id: int) -> list[pb.Inbound]:
    return [
        *(reply(device_id, inbound_id=f"w{n}", text=text) for n, text in enumerate(WORDS.values())),
        *(reply(device_id, inbound_id=inbound_id) for inbound_id in IDS.values()),
        *(reply(device_id, inbound_id=f"s{n}", sender=sender) for n, sender in enumerate(SENDERS.values())),
        *(reply(number, inbound_id="in-1") for number in (-1, 0, 2**31, 2**40, 2**63 - 1, -(2**63))),
    ]
