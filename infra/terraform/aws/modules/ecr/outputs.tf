output "urls" {
  value = { for key, repository in aws_ecr_repository.this : key => repository.repository_url }
}

output "arns" {
  value = { for key, repository in aws_ecr_repository.this : key => repository.arn }
}
