"""The demonstration: a lead list goes in, a shard host is killed half-way, every message arrives once.

`settings` says how large, `leads` and `plan` what goes in, `api` puts it in through the public API,
`progress` and `display` show it run, `takeover` kills and watches, `verdict` says how it ended.
"""
