"""The edge to WeCom (企业微信): the only package that knows the platform's wire.

In: ``envelope`` (signature and cipher), ``payload`` (XML), ``callback`` (HTTP routes),
``kf_items`` (what a pull returns). Out: ``client`` with its groups ``kf``, ``app``,
``contacts``, ``media`` and ``jssdk``, above ``caller`` (tokens, retries, limits) and
``transport`` (HTTP); ``messages``, ``cards`` and ``splitting`` build what is sent. ``errors`` and
``codes`` say what went wrong and what to do about it.
"""
