"""The human study: a page for raters, and what their ratings say."""
