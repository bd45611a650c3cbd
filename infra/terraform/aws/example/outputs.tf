output "settings" {
  description = "What infra/settings takes for LAB_TIER=cloud; passwords are in the secrets named beside it."
  value = {
    LAB_TIER             = "cloud"
    LAB_KAFKA_BOOTSTRAP  = module.brokers.bootstrap
    LAB_REDIS_HOST       = module.cache.host
    LAB_POSTGRES_HOST    = module.rds.host
    LAB_POSTGRES_SSLMODE = "verify-full"
    LAB_S3_REGION        = var.region
  }
}

output "secrets" {
  value = { kafka = module.brokers.user_secrets, postgres = module.rds.secret_arn }
}

output "cluster" {
  value = module.eks.name
}

output "images" {
  value = module.ecr.urls
}

output "load_balancer" {
  value = module.alb.dns_name
}

output "roles" {
  value = module.iam.roles
}
