# State holds what everything is; keep it encrypted and locked, as infra/terraform/aws/example/providers.tf says.
provider "aws" {
  region = var.region

  default_tags {
    tags = { Environment = "${var.name}-fraud", ManagedBy = "terraform", Project = "fraud" }
  }
}
