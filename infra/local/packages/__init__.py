"""Where the servers' programs come from, and how a package of the distribution is unpacked privately."""
