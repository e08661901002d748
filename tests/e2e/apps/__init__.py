"""Applications as people have them behind the local edge, each through a canary at 50 % (`make apps`).

The applications are made with real frameworks and know nothing of the router but what docs/settings.md says of their
framework. Visitors are HTTP clients that do what a browser does: keep cookies, follow redirects, send Origin and
Referer, and ask for the files that a page names.
"""
