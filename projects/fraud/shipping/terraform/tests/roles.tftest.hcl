# With a provider that answers by itself, so that nothing is asked and nothing made.
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  cluster = {
    oidc_arn    = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/AB"
    oidc_issuer = "oidc.eks.eu-central-1.amazonaws.com/id/AB"
    brokers_arn = "arn:aws:kafka:eu-central-1:111122223333:cluster/course-lab/abc"
  }
  opened = {
    broker_secret   = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:AmazonMSK_lab"
    broker_key      = "arn:aws:kms:eu-central-1:111122223333:key/b"
    database_secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds"
    database_key    = "arn:aws:kms:eu-central-1:111122223333:key/d"
  }
  bucket_prefix = "course-lab-test-bucket"
  monthly_usd   = 900
  mails         = ["lab@example.org"]
}

run "every_part_has_a_role_and_no_other" {
  command = plan

  assert {
    condition     = length(setsubtract(keys(output.roles), ["answering", "desk", "night", "relay", "scorer", "store", "watch"])) == 0 && length(output.roles) == 7
    error_message = "Roles are ${join(", ", keys(output.roles))}."
  }
}
