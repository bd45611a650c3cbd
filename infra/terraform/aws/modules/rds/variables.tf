variable "name" {
  description = "Name of the database server."
  type        = string
}

variable "vpc_id" {
  description = "Network the server lives in."
  type        = string
}

variable "subnets" {
  description = "Subnets without a way out, in two zones at least."
  type        = list(string)
}

variable "clients" {
  description = "Security groups whose members may reach the server, by a name."
  type        = map(string)
}

variable "instance_class" {
  description = "Size of the server."
  type        = string
  default     = "db.m7g.large"
}

variable "disk_gb" {
  description = "Disk at the start; it grows by itself up to `most_disk_gb`."
  type        = number
  default     = 50
}

variable "most_disk_gb" {
  description = "The largest disk it may grow to."
  type        = number
  default     = 500
}

variable "two_zones" {
  description = "Whether a second server in another zone takes over."
  type        = bool
  default     = true
}

variable "backup_days" {
  description = "How far back the database can be restored, to the minute."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "Seven to thirty-five days: an error is often seen only after a week-end."
  }
}
