mock_provider "aws" {}

variables {
  name      = "t"
  vpc_id    = "vpc-1"
  subnets   = ["subnet-1", "subnet-2", "subnet-3"]
  clients   = { nodes = "sg-1" }
  passwords = { lab = "abcdefghijklmnopqrstuvwxyz012345" }
}

run "brokers_keep_what_they_acknowledged_and_let_nobody_in_unasked" {
  command = plan
  module { source = "../modules/brokers" }

  assert {
    condition     = aws_msk_cluster.this.number_of_broker_nodes == 3
    error_message = "Three brokers."
  }
  assert {
    condition = alltrue([for line in [
      "min.insync.replicas=2", "default.replication.factor=3", "unclean.leader.election.enable=false", "auto.create.topics.enable=false",
    ] : contains(split("\n", aws_msk_configuration.this.server_properties), line)])
    error_message = "The promises of the other tiers hold here too."
  }
  assert {
    condition = (
      aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS"
      && !aws_msk_cluster.this.client_authentication[0].unauthenticated
    )
    error_message = "TLS, and nobody unknown."
  }
  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port]) == toset([9096, 9098])
    error_message = "Only ports that ask who one is."
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.clients : rule.cidr_ipv4 == null])
    error_message = "Security groups may come in, not networks."
  }
  assert {
    condition     = aws_secretsmanager_secret.user["lab"].name == "AmazonMSK_t_lab"
    error_message = "MSK finds users by this beginning."
  }
  assert {
    condition     = aws_appautoscaling_policy.disk.target_tracking_scaling_policy_configuration[0].target_value < 80
    error_message = "The disk grows before it is full."
  }
}

run "a_short_password_of_a_broker_is_refused" {
  command = plan
  module { source = "../modules/brokers" }
  variables { passwords = { lab = "short" } }
  expect_failures = [var.passwords]
}

run "two_brokers_are_refused" {
  command = plan
  module { source = "../modules/brokers" }
  variables { subnets = ["subnet-1", "subnet-2"] }
  expect_failures = [var.subnets]
}

run "the_database_is_not_lost_nor_seen" {
  command = plan
  module { source = "../modules/rds" }

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.backup_retention_period >= 7
    error_message = "Protected, snapped at the end, kept for a week at least."
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.multi_az
    error_message = "Encrypted, private, in two zones."
  }
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "The password stands in no state."
  }
  assert {
    condition     = anytrue([for p in aws_db_parameter_group.this.parameter : p.name == "rds.force_ssl" && p.value == "1"])
    error_message = "TLS is not a choice."
  }
}

run "three_days_of_backups_are_refused" {
  command = plan
  module { source = "../modules/rds" }
  variables { backup_days = 3 }
  expect_failures = [var.backup_days]
}

run "buckets_are_closed" {
  command = plan
  module { source = "../modules/s3" }
  variables { name = "t-lab" }

  assert {
    condition     = keys(aws_s3_bucket.this) == ["artifacts", "data"]
    error_message = "Two buckets."
  }
  assert {
    condition = alltrue([for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "Nothing is public."
  }
  assert {
    condition     = alltrue([for v in aws_s3_bucket_versioning.this : v.versioning_configuration[0].status == "Enabled"])
    error_message = "What was overwritten can be had again."
  }
  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "A bucket with something in it is not destroyed."
  }
}

run "the_cache_asks_for_a_password_over_tls" {
  command = plan
  module { source = "../modules/cache" }
  variables { password = "abcdefghijklmnopqrstuvwxyz012345" }

  assert {
    condition = (
      aws_elasticache_replication_group.this.transit_encryption_enabled
      && aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true"
      && aws_elasticache_replication_group.this.automatic_failover_enabled
    )
    error_message = "Encrypted both ways, with somebody to take over."
  }
}

run "a_short_password_is_refused" {
  command = plan
  module { source = "../modules/cache" }
  variables { password = "short" }
  expect_failures = [var.password]
}
