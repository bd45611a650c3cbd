# How many pods there are the charts' HorizontalPodAutoscalers say; how many nodes, the cluster autoscaler,
# which finds the groups and what their nodes would be like by these tags. With them it also starts from none.
locals {
  tags = merge([
    for name, group in var.groups : merge(
      {
        "${name}:enabled" = { group = name, key = "k8s.io/cluster-autoscaler/enabled", value = "true" }
        "${name}:owned"   = { group = name, key = "k8s.io/cluster-autoscaler/${var.name}", value = "owned" }
      },
      {
        for label, value in merge({ "course-lab/group" = name }, group.labels) : "${name}:${label}" => {
          group = name
          key   = "k8s.io/cluster-autoscaler/node-template/label/${label}"
          value = value
        }
      },
      group.taint == null ? {} : {
        "${name}:taint" = {
          group = name
          key   = "k8s.io/cluster-autoscaler/node-template/taint/${group.taint}"
          value = "true:NoSchedule"
        }
      },
    )
  ]...)
}

resource "aws_autoscaling_group_tag" "this" {
  for_each               = local.tags
  autoscaling_group_name = var.groups[each.value.group].scaling_group
  tag {
    key                 = each.value.key
    value               = each.value.value
    propagate_at_launch = false
  }
}

# A course is idle two thirds of the week.
resource "aws_autoscaling_schedule" "sleep" {
  for_each               = var.sleeps ? var.groups : {}
  scheduled_action_name  = "${var.name}-${each.key}-sleep"
  autoscaling_group_name = each.value.scaling_group
  recurrence             = var.sleep
  time_zone              = "Etc/UTC"
  min_size               = 0
  max_size               = 0
  desired_capacity       = 0
}

resource "aws_autoscaling_schedule" "wake" {
  for_each               = var.sleeps ? var.groups : {}
  scheduled_action_name  = "${var.name}-${each.key}-wake"
  autoscaling_group_name = each.value.scaling_group
  recurrence             = var.wake
  time_zone              = "Etc/UTC"
  min_size               = each.value.least
  max_size               = each.value.most
  desired_capacity       = max(each.value.least, 1)
}
