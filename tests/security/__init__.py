"""What a stranger, a wrong role or a hostile sender may try, over every route of the portal."""
