"""nano: the project's own small model, which reads screens as text and answers in our grammar."""
