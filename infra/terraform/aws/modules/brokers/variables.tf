variable "name" {
  description = "Name of the cluster of brokers."
  type        = string
}

variable "vpc_id" {
  description = "Network the brokers live in."
  type        = string
}

variable "subnets" {
  description = "Subnets of the brokers, one a zone; as many brokers as subnets."
  type        = list(string)

  validation {
    condition     = length(var.subnets) == 3
    error_message = "Three zones: with min.insync.replicas=2 one may be lost and nothing stops."
  }
}

variable "clients" {
  description = "Security groups whose members may reach the brokers, by a name."
  type        = map(string)
}

variable "kafka_version" {
  description = "Version as MSK names it; KRaft, as on the other tiers."
  type        = string
  default     = "4.0.x.kraft"
}

variable "instance_type" {
  description = "Size of a broker."
  type        = string
  default     = "kafka.m7g.large"
}

variable "disk_gb" {
  description = "Disk of a broker at the start; it grows by itself up to `most_disk_gb`."
  type        = number
  default     = 100
}

variable "most_disk_gb" {
  description = "The largest disk a broker may grow to."
  type        = number
  default     = 1000
}

variable "users" {
  description = "Names of SCRAM users."
  type        = set(string)
  default     = ["lab"]
}

variable "passwords" {
  description = "Password of each user: handed on to its secret, kept in no state and in no plan."
  type        = map(string)
  ephemeral   = true

  validation {
    condition     = alltrue([for password in values(var.passwords) : length(password) >= 32])
    error_message = "At least 32 characters."
  }
}

variable "passwords_version" {
  description = "Raised whenever passwords change, since Terraform cannot see that they did."
  type        = number
  default     = 1
}
