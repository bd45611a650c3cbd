output "host" {
  description = "What LAB_REDIS_HOST takes; TLS is the cloud tier's default."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}
