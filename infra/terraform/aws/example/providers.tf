# State holds what everything is; keep it encrypted and locked, apart from what it describes:
#   terraform init -backend-config=backend.hcl
# with bucket, key, region, encrypt = true and use_lockfile = true in backend.hcl, and
#   terraform { backend "s3" {} }
# in a file of your own. Without one the state is a file here, good for trying out and nothing else.
provider "aws" {
  region = var.region

  default_tags {
    tags = { Environment = var.name, ManagedBy = "terraform", Project = "course-lab" }
  }
}
