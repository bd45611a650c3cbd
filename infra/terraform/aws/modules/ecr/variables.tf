variable "name" {
  description = "What the repositories' names begin with."
  type        = string
}

variable "repositories" {
  description = "One for each image."
  type        = set(string)
}

variable "keep" {
  description = "How many images of each are kept; what runs must be among them."
  type        = number
  default     = 50
}
