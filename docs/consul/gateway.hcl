# The gateway announces itself, and finds enrollment. Replace kompang by KOMPANG_CONSUL_PREFIX, here and below.
service "kompang-gateway" {
  policy = "write"
}
service "kompang-enrollment" {
  policy = "read"
}
# Consul shows a service with the node of the agent that it is registered with.
node_prefix "" {
  policy = "read"
}
