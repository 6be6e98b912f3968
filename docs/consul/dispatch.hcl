# Dispatch announces itself, reads whose the locks are, and ends the session of a dead host.
service "kompang-dispatch" {
  policy = "write"
}
key_prefix "kompang/locks/" {
  policy = "read"
}
key_prefix "kompang/members/" {
  policy = "read"
}
# The virtual nodes of the shard hosts, and their sessions.
node_prefix "kompang-" {
  policy = "write"
}
session_prefix "kompang-" {
  policy = "write"
}
