"""Stand-in sites: three small web applications with the pages that VisualWebArena's judges read.

Classifieds, a forum and a shop, so that its runner is played for real where its own sites, docker
images of many gigabytes, are not at hand. What is measured on them is never a result on
VisualWebArena.
"""
