"""Where one can go: by coordinates or a link, by pictures of places, by chance."""
