output "bootstrap" {
  description = "What LAB_KAFKA_BOOTSTRAP takes, with LAB_KAFKA_SECURITY=SASL_SSL."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
}

output "arn" {
  value = aws_msk_cluster.this.arn
}

output "user_secrets" {
  description = "ARN of the secret of each user, which holds username and password."
  value       = { for name, secret in aws_secretsmanager_secret.user : name => secret.arn }
}

output "key_arn" {
  value = aws_kms_key.this.arn
}
