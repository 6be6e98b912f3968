# `kompang admin shards` reads whose the locks are.
key_prefix "kompang/locks/" {
  policy = "read"
}
