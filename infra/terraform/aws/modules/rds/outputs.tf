output "host" {
  description = "What LAB_POSTGRES_HOST takes, with LAB_POSTGRES_SSLMODE=verify-full."
  value       = aws_db_instance.this.address
}

output "port" {
  value = aws_db_instance.this.port
}

output "secret_arn" {
  description = "The secret that holds the password of the user `lab`."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "key_arn" {
  value = aws_kms_key.this.arn
}
