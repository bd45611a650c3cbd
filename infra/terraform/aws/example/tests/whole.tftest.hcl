mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  bucket_prefix   = "t-lab"
  domain          = "lab.example.org"
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  admins          = ["arn:aws:iam::111122223333:role/platform"]
  cache_password  = "abcdefghijklmnopqrstuvwxyz012345"
  broker_password = "abcdefghijklmnopqrstuvwxyz012345"
  monthly_usd     = 900
  mails           = ["platform@example.org"]
}

run "the_example_plans" {
  command = plan

  assert {
    condition     = output.settings.LAB_TIER == "cloud" && output.settings.LAB_POSTGRES_SSLMODE == "verify-full"
    error_message = "What the settings of the cloud tier need."
  }
  assert {
    condition     = toset(keys(output.settings)) == toset(["LAB_TIER", "LAB_KAFKA_BOOTSTRAP", "LAB_REDIS_HOST", "LAB_POSTGRES_HOST", "LAB_POSTGRES_SSLMODE", "LAB_S3_REGION"])
    error_message = "Every endpoint that is made here is told."
  }
}

run "the_world_does_not_administer_the_cluster" {
  command = plan
  module { source = "../modules/eks" }
  variables {
    name           = "t"
    vpc_id         = "vpc-1"
    subnets        = ["subnet-1", "subnet-2"]
    nodes          = { general = { types = ["m7i.large"], least = 1, most = 2 } }
    reachable_from = ["0.0.0.0/0"]
  }
  expect_failures = [var.reachable_from]
}

run "nodes_keep_their_credentials_from_pods" {
  command = plan
  module { source = "../modules/eks" }
  variables {
    name    = "t"
    vpc_id  = "vpc-1"
    subnets = ["subnet-1", "subnet-2"]
    nodes   = { batch = { types = ["m7i.large"], least = 0, most = 2, spot = true, taint = "course-lab/batch" } }
  }

  assert {
    condition     = aws_launch_template.node["batch"].metadata_options[0].http_tokens == "required" && aws_launch_template.node["batch"].metadata_options[0].http_put_response_hop_limit == 1
    error_message = "Version 2 of the metadata service, one hop."
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "Reached from within, unless networks are named."
  }
  assert {
    condition     = aws_eks_node_group.this["batch"].capacity_type == "SPOT" && one(aws_eks_node_group.this["batch"].taint).key == "course-lab/batch"
    error_message = "What may be taken away takes only what tolerates that."
  }
}

run "the_load_balancer_speaks_tls_and_starts_with_no_canary" {
  command = plan
  module { source = "../modules/alb" }
  variables {
    name                = "t"
    vpc_id              = "vpc-1"
    subnets             = ["subnet-1", "subnet-2"]
    node_security_group = "sg-1"
    services            = { api = { hosts = ["api.lab.example.org"], priority = 10 } }
  }

  assert {
    condition     = aws_lb_listener.plain.default_action[0].type == "redirect" && can(regex("TLS13", aws_lb_listener.tls.ssl_policy))
    error_message = "Plain HTTP is sent to TLS."
  }
  assert {
    condition     = sort([for group in aws_lb_listener_rule.this["api"].action[0].forward[0].target_group : tostring(group.weight)]) == tolist(["0", "100"])
    error_message = "The canary gets nothing until a deployment gives it some."
  }
  assert {
    condition     = aws_lb_target_group.this["api-canary"].health_check[0].path == "/health/ready"
    error_message = "Ready as the charts ask it."
  }
}

run "groups_that_sleep_wake_again" {
  command = plan
  module { source = "../modules/scaling" }
  variables {
    name   = "t"
    sleeps = true
    groups = { batch = { scaling_group = "asg-1", least = 0, most = 4, taint = "course-lab/batch" } }
  }

  assert {
    condition     = aws_autoscaling_schedule.sleep["batch"].max_size == 0 && aws_autoscaling_schedule.wake["batch"].max_size == 4
    error_message = "Down at night, up in the morning."
  }
  assert {
    condition     = contains(values(output.tagged), "k8s.io/cluster-autoscaler/node-template/taint/course-lab/batch=true:NoSchedule")
    error_message = "Without the taint's tag a group of none would never start for the pods that tolerate it."
  }
}

run "images_do_not_change_under_their_tag" {
  command = plan
  module { source = "../modules/ecr" }
  variables {
    name         = "t"
    repositories = ["api"]
  }

  assert {
    condition     = aws_ecr_repository.this["api"].image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this["api"].image_scanning_configuration[0].scan_on_push
    error_message = "Fixed and scanned."
  }
}

run "the_budget_warns_before_it_is_spent" {
  command = plan
  module { source = "../modules/budgets" }
  variables { name = "t" }

  assert {
    condition     = anytrue([for n in aws_budgets_budget.month.notification : n.notification_type == "FORECASTED"]) && length(aws_budgets_budget.month.notification) == 4
    error_message = "A forecast comes in time to act on."
  }
  assert {
    condition     = one(aws_budgets_budget.month.cost_filter).values == tolist(["user:Environment$t"])
    error_message = "Only what this environment costs."
  }
}

run "a_budget_that_nobody_hears_of_is_refused" {
  command = plan
  module { source = "../modules/budgets" }
  variables {
    name  = "t"
    mails = []
  }
  expect_failures = [var.mails]
}
