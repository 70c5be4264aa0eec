"""``chatbot doctor``: checks every setting against the platform and changes nothing.

``examination`` runs the checks in order, those of this machine (``machine_examination``) before
those that ask WeCom (``platform_examination``), and hands on what one found to the next. The
checks themselves are in the modules named ``…_check``, ``…_checks`` and ``account_match``; what
they read in the database is in ``database_reads``. ``book`` enters what they find, ``report`` is
what that is, ``places`` says where in a file, ``words`` and ``words.toml`` how it is said,
``rendering`` how it is shown.
"""
