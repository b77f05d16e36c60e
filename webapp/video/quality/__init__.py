"""Image health: what is wrong with a camera's picture, read off its pixels. Pure: nothing is fetched or kept here."""
