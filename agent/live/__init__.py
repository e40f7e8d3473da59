"""Live control: a person steers an episode while it is played, on a page or in the terminal."""
