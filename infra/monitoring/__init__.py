"""Tell when a service or its data are not what they were: drift, objectives, rules, dashboards."""
