# What moto can stand in for, planned, applied, looked at and torn down by the tests; never against AWS.
# moto 5.2 has no configurations of MSK, no parameter groups of ElastiCache, no add-ons of EKS, no subscribers of
# budgets, and not all that the provider asks of a TLS listener: those modules are planned with mock providers.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  description = "Where moto's server listens: on loopback."
  type        = string

  validation {
    condition     = can(regex("^http://127[.]0[.]0[.]1:[0-9]+$", var.endpoint))
    error_message = "Only moto on loopback."
  }
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "moto"
  secret_key                  = "moto"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  endpoints {
    ec2       = var.endpoint
    ecr       = var.endpoint
    iam       = var.endpoint
    kms       = var.endpoint
    logs      = var.endpoint
    s3        = var.endpoint
    s3control = var.endpoint
    sts       = var.endpoint
  }
}

locals {
  name  = "moto-lab"
  zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

module "network" {
  source          = "../modules/network"
  name            = local.name
  zones           = local.zones
  one_nat_gateway = true
}

module "s3" {
  source = "../modules/s3"
  name   = local.name
}

module "ecr" {
  source       = "../modules/ecr"
  name         = local.name
  repositories = ["api"]
}

module "iam" {
  source      = "../modules/iam"
  name        = local.name
  oidc_arn    = "arn:aws:iam::123456789012:oidc-provider/oidc.example.org/id/0000"
  oidc_issuer = "oidc.example.org/id/0000"
  brokers_arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/moto-lab/0000"
  services = {
    consumer = {
      namespace       = "course-lab"
      service_account = "course-lab-consumer"
      writes          = ["${module.s3.arns["data"]}/events"]
      topics_read     = ["events"]
      groups          = ["course-lab-consumer"]
    }
  }
}
