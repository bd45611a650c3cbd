output "tagged" {
  description = "What the cluster autoscaler is told of each group."
  value       = { for key, tag in local.tags : key => "${tag.key}=${tag.value}" }
}
