"""Dashboards as values, shown by Grafana or as one HTML page."""
