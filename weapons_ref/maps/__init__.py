"""Maps: pictures, and a page that stands by itself."""
