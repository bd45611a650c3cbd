# One environment. What holds data (brokers, rds, s3) cannot be destroyed by a `terraform destroy`; see ../teardown.
locals {
  nodes = {
    general = { types = ["m7i.large", "m6i.large"], least = 2, most = 6, spot = false }
    batch   = { types = ["m7i.xlarge", "m6i.xlarge", "m5.xlarge"], least = 0, most = 10, spot = true, taint = "course-lab/batch" }
  }
}

module "network" {
  source          = "../modules/network"
  name            = var.name
  zones           = var.zones
  one_nat_gateway = true
}

module "eks" {
  source         = "../modules/eks"
  name           = var.name
  vpc_id         = module.network.vpc_id
  subnets        = module.network.private_subnets
  reachable_from = var.reachable_from
  admins         = var.admins
  nodes          = local.nodes
}

module "brokers" {
  source            = "../modules/brokers"
  name              = var.name
  vpc_id            = module.network.vpc_id
  subnets           = module.network.data_subnets
  clients           = { nodes = module.eks.node_security_group }
  passwords         = { lab = var.broker_password }
  passwords_version = var.broker_password_version
}

module "rds" {
  source  = "../modules/rds"
  name    = var.name
  vpc_id  = module.network.vpc_id
  subnets = module.network.data_subnets
  clients = { nodes = module.eks.node_security_group }
}

module "cache" {
  source   = "../modules/cache"
  name     = var.name
  vpc_id   = module.network.vpc_id
  subnets  = module.network.data_subnets
  clients  = { nodes = module.eks.node_security_group }
  password = var.cache_password
}

module "s3" {
  source = "../modules/s3"
  name   = var.bucket_prefix
}

module "ecr" {
  source       = "../modules/ecr"
  name         = var.name
  repositories = ["api", "worker", "mlflow"]
}

module "alb" {
  source              = "../modules/alb"
  name                = var.name
  vpc_id              = module.network.vpc_id
  subnets             = module.network.public_subnets
  certificate_arn     = var.certificate_arn
  node_security_group = module.eks.node_security_group
  services = {
    api = { hosts = ["api.${var.domain}"], priority = 10 }
  }
}

module "scaling" {
  source = "../modules/scaling"
  name   = var.name
  sleeps = var.sleeps
  groups = {
    for name, group in local.nodes : name => {
      scaling_group = module.eks.scaling_groups[name]
      least         = group.least
      most          = group.most
      taint         = try(group.taint, null)
    }
  }
}

module "iam" {
  source      = "../modules/iam"
  name        = var.name
  oidc_arn    = module.eks.oidc_arn
  oidc_issuer = module.eks.oidc_issuer
  brokers_arn = module.brokers.arn
  services = {
    api = {
      namespace       = "course-lab"
      service_account = "course-lab-api"
      reads           = ["${module.s3.arns["artifacts"]}/models"]
      topics_written  = ["decisions"]
      secrets         = [module.brokers.user_secrets["lab"], module.rds.secret_arn]
      keys            = [module.brokers.key_arn, module.rds.key_arn]
    }
    consumer = {
      namespace       = "course-lab"
      service_account = "course-lab-consumer"
      writes          = ["${module.s3.arns["data"]}/events"]
      topics_read     = ["events"]
      topics_written  = ["events.retry", "events.dead"]
      groups          = ["course-lab-consumer"]
      secrets         = [module.brokers.user_secrets["lab"]]
      keys            = [module.brokers.key_arn]
    }
  }
}

module "budgets" {
  source      = "../modules/budgets"
  name        = var.name
  monthly_usd = var.monthly_usd
  mails       = var.mails
}
