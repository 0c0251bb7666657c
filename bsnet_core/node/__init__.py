"""A node without a screen: scores the images of a watched folder and has the results sent to a PACS."""
