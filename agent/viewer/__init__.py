"""Views of a record: in the terminal, as a web page, as a picture."""
