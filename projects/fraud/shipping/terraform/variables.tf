variable "name" {
  description = "Name of the environment that infra/terraform/aws made, with which roles and repositories begin."
  type        = string
  default     = "course-lab"
}

variable "region" {
  description = "Where it stands."
  type        = string
  default     = "eu-central-1"
}

variable "cluster" {
  description = "What that environment's outputs say: the cluster's OpenID Connect provider and issuer, and its brokers."
  type = object({
    oidc_arn    = string
    oidc_issuer = string
    brokers_arn = string
  })
}

variable "opened" {
  description = "Secrets that hold passwords of brokers and database, and the keys that open them."
  type = object({
    broker_secret   = string
    broker_key      = string
    database_secret = string
    database_key    = string
  })
}

variable "bucket_prefix" {
  description = "What the bucket's name begins with; names are the world's, so it must be rare."
  type        = string
}

variable "monthly_usd" {
  description = "What a month of fraud detection may cost, in US dollars: `python -m projects.fraud.shipping cost` says what it should."
  type        = number
}

variable "mails" {
  description = "Who is told when it costs more."
  type        = set(string)
}
