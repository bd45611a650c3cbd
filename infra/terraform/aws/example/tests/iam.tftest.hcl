mock_provider "aws" {}

variables {
  name        = "t"
  oidc_arn    = "arn:aws:iam::111122223333:oidc-provider/oidc.example.org/id/1"
  oidc_issuer = "oidc.example.org/id/1"
  brokers_arn = "arn:aws:kafka:eu-central-1:111122223333:cluster/t/uuid"
  services = {
    consumer = {
      namespace       = "lab"
      service_account = "reader"
      writes          = ["arn:aws:s3:::t-data/events/raw"]
      topics_read     = ["events"]
      groups          = ["reader"]
    }
    idle = { namespace = "lab", service_account = "idle" }
  }
}

run "a_role_is_one_service_accounts" {
  command = plan
  module { source = "../modules/iam" }

  assert {
    condition = jsondecode(aws_iam_role.service["consumer"].assume_role_policy).Statement[0].Condition.StringEquals == {
      "oidc.example.org/id/1:aud" = "sts.amazonaws.com"
      "oidc.example.org/id/1:sub" = "system:serviceaccount:lab:reader"
    }
    error_message = "One account in one namespace, exactly."
  }
  assert {
    condition     = keys(aws_iam_role_policy.service) == ["consumer"]
    error_message = "Who asked for nothing may do nothing."
  }
}

run "it_may_do_what_it_asked_for_and_no_more" {
  command = plan
  module { source = "../modules/iam" }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.service["consumer"].policy).Statement :
      alltrue([for action in flatten([s.Action]) : !endswith(action, "*")])
      && alltrue([for resource in flatten([s.Resource]) : resource != "*"])
    ])
    error_message = "No asterisk for an action, none for everything."
  }
  assert {
    condition = toset([for s in jsondecode(aws_iam_role_policy.service["consumer"].policy).Statement : s.Sid]) == toset(
      ["List", "Read", "Write", "Connect", "Consume", "Group"]
    )
    error_message = "It does not produce, and opens no secret."
  }
  assert {
    condition = flatten([
      for s in jsondecode(aws_iam_role_policy.service["consumer"].policy).Statement : s.Resource if contains(["Write", "Consume", "Group"], s.Sid)
      ]) == [
      "arn:aws:s3:::t-data/events/raw/*",
      "arn:aws:kafka:eu-central-1:111122223333:topic/t/uuid/events",
      "arn:aws:kafka:eu-central-1:111122223333:group/t/uuid/reader",
    ]
    error_message = "Its own prefix, topic and group."
  }
  assert {
    condition = [
      for s in jsondecode(aws_iam_role_policy.service["consumer"].policy).Statement : s.Condition.StringLike["s3:prefix"] if s.Sid == "List"
    ][0] == ["events/raw/*"]
    error_message = "It lists its own prefix alone."
  }
}

run "the_autoscaler_changes_only_its_own_groups" {
  command = plan
  module { source = "../modules/iam" }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.autoscaler.policy).Statement :
      s.Resource != "*" || alltrue([for action in s.Action : can(regex(":(Describe|Get)", action))])
    ])
    error_message = "Whatever changes something is bound to a tag."
  }
}

run "a_whole_bucket_is_refused" {
  command = plan
  module { source = "../modules/iam" }
  variables {
    services = { greedy = { namespace = "lab", service_account = "greedy", writes = ["arn:aws:s3:::t-data"] } }
  }
  expect_failures = [var.services]
}

run "all_topics_are_refused" {
  command = plan
  module { source = "../modules/iam" }
  variables {
    services = { greedy = { namespace = "lab", service_account = "greedy", topics_read = ["*"] } }
  }
  expect_failures = [var.services]
}
