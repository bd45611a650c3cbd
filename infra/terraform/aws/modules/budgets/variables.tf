variable "name" {
  description = "The environment; costs are found by the tag Environment with this value."
  type        = string
}

variable "monthly_usd" {
  description = "What a month may cost, in US dollars."
  type        = number

  validation {
    condition     = var.monthly_usd > 0
    error_message = "A budget of nothing warns of everything."
  }
}

variable "mails" {
  description = "Who is told."
  type        = set(string)

  validation {
    condition     = length(var.mails) > 0
    error_message = "A budget that nobody hears of saves nothing."
  }
}
