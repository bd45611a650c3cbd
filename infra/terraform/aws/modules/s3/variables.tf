variable "name" {
  description = "What the buckets' names begin with; names are the world's, so it must be rare."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,40}$", var.name))
    error_message = "Three to 41 lower-case letters, digits and hyphens."
  }
}

variable "buckets" {
  description = "Buckets: after how many days objects move to cheaper storage, and how long old versions are kept."
  type = map(object({
    cheaper_after_days    = optional(number, 90)
    old_versions_for_days = optional(number, 30)
  }))
  default = { data = {}, artifacts = {} }
}
