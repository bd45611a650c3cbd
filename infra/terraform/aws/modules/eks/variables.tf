variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes."
  type        = string
  default     = "1.33"
}

variable "vpc_id" {
  description = "Network the cluster lives in."
  type        = string
}

variable "subnets" {
  description = "Private subnets of nodes, one a zone."
  type        = list(string)
}

variable "reachable_from" {
  description = "Networks that may reach the API from outside; none: only from within."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.reachable_from, "0.0.0.0/0")
    error_message = "The whole internet is no network to administer a cluster from."
  }
}

variable "admins" {
  description = "ARNs of IAM roles that administer the cluster."
  type        = set(string)
  default     = []
}

variable "nodes" {
  description = "Groups of nodes: instance types, fewest, most, and whether they may be taken away (spot)."
  type = map(object({
    types  = list(string)
    least  = number
    most   = number
    spot   = optional(bool, false)
    disk   = optional(number, 50)
    labels = optional(map(string), {})
    taint  = optional(string)
  }))

  validation {
    condition     = alltrue([for group in values(var.nodes) : group.least >= 0 && group.most >= max(group.least, 1)])
    error_message = "Each group needs least >= 0 and most >= least, and at least one node at most."
  }
}
