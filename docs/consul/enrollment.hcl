# Enrollment announces itself.
service "kompang-enrollment" {
  policy = "write"
}
