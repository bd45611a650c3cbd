locals {
  # arn:…:cluster/NAME/UUID → arn:…:topic/NAME/UUID/TOPIC
  topic = replace(var.brokers_arn, ":cluster/", ":topic/")
  group = replace(var.brokers_arn, ":cluster/", ":group/")

  places = {
    for name, service in var.services : name => [
      for place in concat(service.reads, service.writes) : {
        bucket = split("/", place)[0]
        prefix = join("/", slice(split("/", place), 1, length(split("/", place))))
      }
    ]
  }

  # Every statement that a service might have; those it has no need of are left out.
  statements = {
    for name, service in var.services : name => [
      for each in [
        {
          needed = length(service.reads) + length(service.writes) > 0
          is = {
            Sid       = "List"
            Effect    = "Allow"
            Action    = ["s3:ListBucket"]
            Resource  = [for place in local.places[name] : place.bucket]
            Condition = { StringLike = { "s3:prefix" = [for place in local.places[name] : "${place.prefix}/*"] } }
          }
        },
        {
          needed = length(service.reads) + length(service.writes) > 0
          is = {
            Sid      = "Read"
            Effect   = "Allow"
            Action   = ["s3:GetObject", "s3:GetObjectVersion"]
            Resource = [for place in concat(service.reads, service.writes) : "${place}/*"]
          }
        },
        {
          needed = length(service.writes) > 0
          is = {
            Sid      = "Write"
            Effect   = "Allow"
            Action   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
            Resource = [for place in service.writes : "${place}/*"]
          }
        },
        {
          needed = length(service.topics_read) + length(service.topics_written) > 0
          is = {
            Sid      = "Connect"
            Effect   = "Allow"
            Action   = ["kafka-cluster:Connect"]
            Resource = [var.brokers_arn]
          }
        },
        {
          needed = length(service.topics_read) > 0
          is = {
            Sid      = "Consume"
            Effect   = "Allow"
            Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
            Resource = [for topic in service.topics_read : "${local.topic}/${topic}"]
          }
        },
        {
          needed = length(service.groups) > 0
          is = {
            Sid      = "Group"
            Effect   = "Allow"
            Action   = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]
            Resource = [for group in service.groups : "${local.group}/${group}"]
          }
        },
        {
          needed = length(service.topics_written) > 0
          is = {
            Sid      = "Produce"
            Effect   = "Allow"
            Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]
            Resource = [for topic in service.topics_written : "${local.topic}/${topic}"]
          }
        },
        {
          needed = length(service.topics_written) > 0
          is = {
            Sid      = "Idempotent"
            Effect   = "Allow"
            Action   = ["kafka-cluster:WriteDataIdempotently"]
            Resource = [var.brokers_arn]
          }
        },
        {
          needed = length(service.secrets) > 0
          is = {
            Sid      = "Secrets"
            Effect   = "Allow"
            Action   = ["secretsmanager:GetSecretValue"]
            Resource = service.secrets
          }
        },
        {
          needed = length(service.keys) > 0
          is = {
            Sid      = "Keys"
            Effect   = "Allow"
            Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
            Resource = service.keys
          }
        },
      ] : each.is if each.needed
    ]
  }

  # By what was asked for and not by what came of it, which is not known while planning.
  granted = {
    for name, s in var.services : name => s
    if length(concat(s.reads, s.writes, s.topics_read, s.topics_written, s.groups, s.secrets, s.keys)) > 0
  }
}

# The role of one service account in one namespace, and of no other (IRSA).
resource "aws_iam_role" "service" {
  for_each             = var.services
  name                 = "${var.name}-${each.key}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = var.oidc_arn }
      Condition = {
        StringEquals = {
          "${var.oidc_issuer}:aud" = "sts.amazonaws.com"
          "${var.oidc_issuer}:sub" = "system:serviceaccount:${each.value.namespace}:${each.value.service_account}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "service" {
  for_each = local.granted
  name     = "allowed"
  role     = aws_iam_role.service[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })
}
