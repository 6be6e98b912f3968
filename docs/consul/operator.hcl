# The commands of an operator (`kompang admin`) read whose the locks are.
key_prefix "kompang/locks/" {
  policy = "read"
}
