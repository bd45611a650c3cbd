output "roles" {
  description = "What the annotation eks.amazonaws.com/role-arn of each service account takes."
  value       = { for name, role in aws_iam_role.service : name => role.arn }
}

output "autoscaler_role" {
  value = aws_iam_role.autoscaler.arn
}
