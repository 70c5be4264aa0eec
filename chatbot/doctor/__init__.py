"""``chatbot doctor``: checks every setting against the platform and changes nothing.

``examination`` runs the checks in order and hands on what one found to the next. The checks are
in ``settings_check``, ``local_checks``, ``database_check``, ``platform_checks``,
``callback_check`` and ``staff_checks``. ``report`` is what they find, ``words`` and ``words.toml``
how it is said, ``rendering`` how it is shown.
"""
