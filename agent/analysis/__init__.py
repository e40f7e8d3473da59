"""What recorded reasoning is like: behaviours counted by rule or by a judge, and compared."""
