# A shard host is a member, takes locks, and finds dispatch. It announces no service.
service "kompang-dispatch" {
  policy = "read"
}
key_prefix "kompang/locks/shards/" {
  policy = "write"
}
key_prefix "kompang/members/" {
  policy = "write"
}
# Its own virtual node and session. Where hosts have names that stay, give each host a token of its own with
# "kompang-<KOMPANG_INSTANCE>-" here: then none can end the session of another.
node_prefix "kompang-" {
  policy = "write"
}
session_prefix "kompang-" {
  policy = "write"
}
# Consul shows dispatch with the node of the agent that it is registered with.
node_prefix "" {
  policy = "read"
}
