"""The server: the explorer's page beside an interface for experiments too slow for a browser.

It needs the extra `server` (`pip install 'reflexarc[server]'`). Nothing else of reflexarc does.
"""
