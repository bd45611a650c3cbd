# Two groups a service, stable and canary: a TargetGroupBinding in the cluster fills each with pods, and
# a deployment moves weight between them.
locals {
  groups = { for pair in setproduct(keys(var.services), ["stable", "canary"]) : "${pair[0]}-${pair[1]}" => pair }
}

resource "aws_lb_target_group" "this" {
  for_each    = local.groups
  name        = substr("${var.name}-${each.key}", 0, 32)
  vpc_id      = var.vpc_id
  target_type = "ip"
  port        = var.services[each.value[0]].port
  protocol    = "HTTP"
  # As long as the slowest answer that is waited for when a pod goes.
  deregistration_delay = 30

  health_check {
    path                = var.services[each.value[0]].ready
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each     = var.services
  listener_arn = aws_lb_listener.tls.arn
  priority     = each.value.priority

  condition {
    host_header { values = each.value.hosts }
  }

  action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.this["${each.key}-stable"].arn
        weight = 100
      }
      target_group {
        arn    = aws_lb_target_group.this["${each.key}-canary"].arn
        weight = 0
      }
    }
  }

  # Weights are a deployment's to move.
  lifecycle { ignore_changes = [action] }
}
