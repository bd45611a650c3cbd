variable "name" {
  description = "Name of the cluster, with which the roles' names begin."
  type        = string
}

variable "oidc_arn" {
  description = "The cluster's OpenID Connect provider."
  type        = string
}

variable "oidc_issuer" {
  description = "Its issuer without scheme."
  type        = string
}

variable "brokers_arn" {
  description = "The cluster of brokers, where services may use topics."
  type        = string
}

variable "services" {
  description = <<-EOT
    Services and what each may do, no more: its namespace and service account; prefixes of buckets it reads and
    writes (`bucket-arn/prefix`); topics it reads and writes, its consumer groups, secrets and keys that open them.
  EOT
  type = map(object({
    namespace       = string
    service_account = string
    reads           = optional(list(string), [])
    writes          = optional(list(string), [])
    topics_read     = optional(list(string), [])
    topics_written  = optional(list(string), [])
    groups          = optional(list(string), [])
    secrets         = optional(list(string), [])
    keys            = optional(list(string), [])
  }))

  validation {
    condition = alltrue(flatten([
      for service in values(var.services) : [
        for place in concat(service.reads, service.writes) : can(regex("^arn:[^*]+/[^*]+$", place))
      ]
    ]))
    error_message = "A place in a bucket is `bucket-arn/prefix` without an asterisk; the whole bucket is never granted."
  }
  validation {
    condition     = alltrue(flatten([for s in values(var.services) : [for name in concat(s.topics_read, s.topics_written, s.groups) : name != "*" && name != ""]]))
    error_message = "Name topics and groups, if need be with a prefix such as `orders.*`; all of them is too many."
  }
}
