output "dns_name" {
  value = aws_lb.this.dns_name
}

output "zone_id" {
  value = aws_lb.this.zone_id
}

output "target_groups" {
  description = "ARN by service and colour, such as `api-canary`."
  value       = { for key, group in aws_lb_target_group.this : key => group.arn }
}

output "rules" {
  description = "ARN of the rule of each service, whose weights a deployment moves."
  value       = { for key, rule in aws_lb_listener_rule.this : key => rule.arn }
}
