"""The catalog as a site of static pages, to be read without this tool."""
