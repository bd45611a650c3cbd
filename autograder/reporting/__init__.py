"""Show instructors how a cohort did, and hand its marks to other systems."""
