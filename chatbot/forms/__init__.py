"""Forms: slots filled from what customers write, a confirmation, an action. No I/O, no clock."""
