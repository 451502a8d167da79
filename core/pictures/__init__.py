"""The map drawn as text and SVG, with labels that don't overlap."""
