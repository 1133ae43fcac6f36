"""The pictures of the documentation: what they show, and how they are taken.

``stories.tell(env)`` adds to the demo data what the screens are to show,
``album.Album`` opens the pages in Chromium and yields each picture as a small PNG.
"""
