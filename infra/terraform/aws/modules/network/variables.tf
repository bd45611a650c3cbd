variable "name" {
  description = "What every resource of this environment is named after."
  type        = string
}

variable "cidr" {
  description = "Addresses of the whole network, a /16 to a /20."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "cidr must be a network of /16 to /20, so that each subnet has room."
  }
}

variable "zones" {
  description = "Availability zones; three, since three brokers survive the loss of one."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4 && length(distinct(var.zones)) == length(var.zones)
    error_message = "Name two to four different zones."
  }
}

variable "one_nat_gateway" {
  description = "Whether all zones share one way out: a third of the price, lost with its zone."
  type        = bool
  default     = false
}

variable "flow_log_days" {
  description = "How long records of who spoke to whom are kept."
  type        = number
  default     = 30
}
