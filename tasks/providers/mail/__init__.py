"""Where mails leave: Microsoft, Gmail and SMTP."""
