"""nano: the project's own small model, which reads the screen as text and answers in our grammar."""
