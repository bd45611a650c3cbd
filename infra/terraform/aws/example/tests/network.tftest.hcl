mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  name  = "t"
  zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

run "each_zone_has_a_subnet_of_each_kind" {
  command = plan
  module { source = "../modules/network" }

  assert {
    condition     = length(aws_subnet.public) == 3 && length(aws_subnet.private) == 3 && length(aws_subnet.data) == 3
    error_message = "Three zones make nine subnets."
  }
  assert {
    condition = length(distinct([
      for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.data)) : subnet.cidr_block
    ])) == 9
    error_message = "Two subnets have the same addresses."
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address by accident."
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "Without one_nat_gateway each zone has a way out of its own."
  }
}

run "one_way_out_when_asked" {
  command = plan
  module { source = "../modules/network" }
  variables { one_nat_gateway = true }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"] && length(aws_route.private_out) == 3
    error_message = "One gateway, and a route to it from each zone."
  }
}

run "subnets_without_room_are_refused" {
  command = plan
  module { source = "../modules/network" }
  variables { cidr = "10.0.0.0/24" }
  expect_failures = [var.cidr]
}

run "one_zone_twice_is_refused" {
  command = plan
  module { source = "../modules/network" }
  variables { zones = ["eu-central-1a", "eu-central-1a"] }
  expect_failures = [var.zones]
}
