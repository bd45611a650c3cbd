output "name" {
  value = aws_eks_cluster.this.name
}

output "endpoint" {
  value = aws_eks_cluster.this.endpoint
}

output "oidc_arn" {
  value = aws_iam_openid_connect_provider.this.arn
}

output "oidc_issuer" {
  description = "The issuer without its scheme, as conditions of roles name it."
  value       = local.issuer
}

output "node_security_group" {
  value = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "scaling_groups" {
  description = "The auto-scaling group of each group of nodes."
  value       = { for name, group in aws_eks_node_group.this : name => group.resources[0].autoscaling_groups[0].name }
}
