# MSK reads users from secrets whose names begin so, encrypted by a key that is not the account's default.
resource "aws_secretsmanager_secret" "user" {
  for_each                = var.users
  name                    = "AmazonMSK_${var.name}_${each.key}"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "user" {
  for_each  = var.users
  secret_id = aws_secretsmanager_secret.user[each.key].id
  secret_string_wo = jsonencode({
    username = each.key
    password = var.passwords[each.key]
  })
  secret_string_wo_version = var.passwords_version
}

resource "aws_msk_scram_secret_association" "this" {
  cluster_arn     = aws_msk_cluster.this.arn
  secret_arn_list = [for secret in aws_secretsmanager_secret.user : secret.arn]
  depends_on      = [aws_secretsmanager_secret_version.user]
}
