# A broker whose disk is full stops; it grows at 60 % instead. It never shrinks.
resource "aws_appautoscaling_target" "disk" {
  service_namespace  = "kafka"
  resource_id        = aws_msk_cluster.this.arn
  scalable_dimension = "kafka:broker-storage:VolumeSize"
  min_capacity       = 1
  max_capacity       = var.most_disk_gb
}

resource "aws_appautoscaling_policy" "disk" {
  name               = "${var.name}-disk"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.disk.service_namespace
  resource_id        = aws_appautoscaling_target.disk.resource_id
  scalable_dimension = aws_appautoscaling_target.disk.scalable_dimension

  target_tracking_scaling_policy_configuration {
    disable_scale_in = true
    target_value     = 60
    predefined_metric_specification {
      predefined_metric_type = "KafkaBrokerStorageUtilization"
    }
  }
}
