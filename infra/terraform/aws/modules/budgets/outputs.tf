output "name" {
  value = aws_budgets_budget.month.name
}
