variable "name" {
  description = "Name of the load balancer."
  type        = string
}

variable "vpc_id" {
  description = "Network it stands in."
  type        = string
}

variable "subnets" {
  description = "Public subnets, in two zones at least."
  type        = list(string)
}

variable "certificate_arn" {
  description = "The certificate that it shows."
  type        = string
}

variable "node_security_group" {
  description = "Group of the nodes whose pods it speaks to."
  type        = string
}

variable "allowed_from" {
  description = "Networks that may reach it."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "services" {
  description = "Services behind it: under which hosts, on which port, and where they say that they are ready."
  type = map(object({
    hosts    = list(string)
    port     = optional(number, 8000)
    ready    = optional(string, "/health/ready")
    priority = number
  }))

  validation {
    condition     = length(distinct([for s in values(var.services) : s.priority])) == length(var.services)
    error_message = "Two services have the same priority."
  }
}

variable "log_bucket" {
  description = "Bucket of its access log; none: no log."
  type        = string
  default     = null
}
