variable "name" {
  description = "Name of the cluster whose nodes are scaled."
  type        = string
}

variable "groups" {
  description = "Groups of nodes: their auto-scaling group, fewest, most, labels and taint, as the cluster has them."
  type = map(object({
    scaling_group = string
    least         = number
    most          = number
    labels        = optional(map(string), {})
    taint         = optional(string)
  }))
}

variable "sleeps" {
  description = "Whether every group goes to nothing at night and over the week-end (UTC)."
  type        = bool
  default     = false
}

variable "wake" {
  description = "When a group that sleeps wakes, as cron."
  type        = string
  default     = "0 6 * * 1-5"
}

variable "sleep" {
  description = "When it goes to sleep, as cron."
  type        = string
  default     = "0 19 * * 1-5"
}
