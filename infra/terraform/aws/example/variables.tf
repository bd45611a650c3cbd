variable "name" {
  description = "Name of the environment."
  type        = string
  default     = "course-lab"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,18}$", var.name))
    error_message = "Three to nineteen lower-case letters, digits and hyphens; resources add words of their own."
  }
}

variable "region" {
  description = "Where it stands."
  type        = string
  default     = "eu-central-1"
}

variable "zones" {
  description = "Three zones of the region."
  type        = list(string)
  default     = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

variable "bucket_prefix" {
  description = "What bucket names begin with; names are the world's."
  type        = string
}

variable "domain" {
  description = "Domain under which services are reached."
  type        = string
}

variable "certificate_arn" {
  description = "Certificate for *.domain, from ACM."
  type        = string
}

variable "admins" {
  description = "ARNs of IAM roles that administer the cluster."
  type        = set(string)
}

variable "reachable_from" {
  description = "Networks that may reach the cluster's API from outside; none: only from within."
  type        = list(string)
  default     = []
}

variable "broker_password" {
  description = "What the user `lab` says to the brokers, at least 32 characters; kept in no state."
  type        = string
  ephemeral   = true
}

variable "broker_password_version" {
  description = "Raised whenever that password changes."
  type        = number
  default     = 1
}

variable "cache_password" {
  description = "What clients of the cache say to enter, at least 32 letters and digits."
  type        = string
  sensitive   = true
}

variable "monthly_usd" {
  description = "What a month may cost."
  type        = number
}

variable "mails" {
  description = "Who is told when it costs more."
  type        = set(string)
}

variable "sleeps" {
  description = "Whether nodes go at night and over the week-end."
  type        = bool
  default     = true
}
