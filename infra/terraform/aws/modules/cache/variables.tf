variable "name" {
  description = "Name of the cache."
  type        = string
}

variable "vpc_id" {
  description = "Network the cache lives in."
  type        = string
}

variable "subnets" {
  description = "Subnets without a way out, in two zones at least."
  type        = list(string)
}

variable "clients" {
  description = "Security groups whose members may reach the cache, by a name."
  type        = map(string)
}

variable "node_type" {
  description = "Size of a node."
  type        = string
  default     = "cache.t4g.medium"
}

variable "password" {
  description = "What clients say to enter. It stands in the state: keep that encrypted."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.password) >= 32 && can(regex("^[A-Za-z0-9]+$", var.password))
    error_message = "At least 32 letters and digits."
  }
}
