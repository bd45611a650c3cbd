# What fraud detection has of its own in an environment of infra/terraform/aws: images, roles, a bucket, a budget.
# Cluster, brokers, database and cache are that environment's, and shared.
module "ecr" {
  source       = "../../../../infra/terraform/aws/modules/ecr"
  name         = var.name
  repositories = ["fraud"]
}

module "s3" {
  source = "../../../../infra/terraform/aws/modules/s3"
  name   = var.bucket_prefix
  buckets = {
    payments = { cheaper_after_days = 60, old_versions_for_days = 7 }
  }
}

locals {
  brokers  = { secrets = [var.opened.broker_secret], keys = [var.opened.broker_key] }
  database = { secrets = [var.opened.database_secret], keys = [var.opened.database_key] }
  both = {
    secrets = concat(local.brokers.secrets, local.database.secrets)
    keys    = distinct(concat(local.brokers.keys, local.database.keys))
  }
}

# Each part may do what it does and no more; service accounts are those of the chart's release `fraud`.
module "iam" {
  source      = "../../../../infra/terraform/aws/modules/iam"
  name        = "${var.name}-fraud"
  oidc_arn    = var.cluster.oidc_arn
  oidc_issuer = var.cluster.oidc_issuer
  brokers_arn = var.cluster.brokers_arn
  services = {
    desk = merge(local.database, {
      namespace       = "fraud"
      service_account = "fraud-desk"
    })
    answering = merge(local.database, {
      namespace       = "fraud"
      service_account = "fraud-answering"
    })
    scorer = merge(local.brokers, {
      namespace       = "fraud"
      service_account = "fraud-scorer"
      topics_read     = ["fraud.payments", "fraud.labels", "fraud.decisions", "fraud-scorer.retry.*"]
      topics_written  = ["fraud.decisions", "fraud-scorer.retry.*", "fraud-scorer.dead"]
      groups          = ["fraud-scorer"]
    })
    store = merge(local.both, {
      namespace       = "fraud"
      service_account = "fraud-store"
      topics_read     = ["fraud.decisions", "fraud-decision-store.retry.*"]
      topics_written  = ["fraud-decision-store.retry.*", "fraud-decision-store.dead"]
      groups          = ["fraud-decision-store"]
    })
    relay = merge(local.both, {
      namespace       = "fraud"
      service_account = "fraud-relay"
      topics_written  = ["fraud.labels"]
    })
    watch = merge(local.brokers, {
      namespace       = "fraud"
      service_account = "fraud-watch"
      topics_read     = ["fraud.payments", "fraud.decisions", "fraud-scorer.dead"]
      groups          = ["fraud-scorer"]
    })
    night = merge(local.both, {
      namespace       = "fraud"
      service_account = "fraud-night"
      topics_read     = ["fraud.payments", "fraud.labels"]
    })
  }
}

module "budgets" {
  source      = "../../../../infra/terraform/aws/modules/budgets"
  name        = "${var.name}-fraud"
  monthly_usd = var.monthly_usd
  mails       = var.mails
}
