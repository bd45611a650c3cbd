output "image" {
  description = "What image.repository of the chart is."
  value       = module.ecr.urls["fraud"]
}

output "roles" {
  description = "What roleArn of each part of the chart is."
  value       = module.iam.roles
}

output "payments_bucket" {
  description = "Where payments are kept as Parquet for the batch scorer."
  value       = module.s3.names["payments"]
}
