"""The portal in a local network: `script/serve --lan`, for phones that nobody has prepared.

Its nouns: the machine's addresses, an authority of the portal's own with the certificate that it issues to this
machine, and the page that a phone can open before it trusts that authority. Always true: the authority's key leaves
the instance folder never, it can vouch for addresses of local networks only, and what is open without https is its
certificate and how to trust it. It stands above all features and is used by `portal.start` alone.
"""
