"""Sending mail: Microsoft Graph, Gmail and SMTP."""
