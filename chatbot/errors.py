"""The root of all errors this package raises on purpose.

ChatbotError
├── UserError             somebody can mend it: one clear sentence, no traceback
│   ├── SettingError      a setting is missing or wrong: names it and says what is expected
│   ├── ContentError      a knowledge, intent or text file is wrong: names file, line and key
│   └── cases.errors      an act on a case that cannot be done, or on an older state of it
├── wecom.errors.WeComError   what the platform answered; branches by what a caller can do
├── wecom.envelope.CallbackRefused   a callback that did not come from the platform
└── store.errors.StoreError   the database: try again later, or fix the address

The branches answer what a caller can do: mend something, try again, or report a bug.
"""


class ChatbotError(Exception):
    """Something this package expected might happen."""


class UserError(ChatbotError):
    """A mistake that a person can mend; its text is one clear sentence for that person."""


class SettingError(UserError):
    """A setting is missing or wrong."""


class ContentError(UserError):
    """A content file is wrong. The text names file, line and key, and what is expected."""
