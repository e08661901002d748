"""Observability: log metrics, alarms, notifications, dashboard and saved queries."""
