#!/usr/bin/env python3
"""Draws icon.png, the packages' icon: three logits becoming probabilities. Needs Pillow."""
from pathlib import Path
from PIL import Image, ImageDraw

SIZE, SCALE = 128, 4
BACKGROUND, BAR, LARGEST = "#1f2a44", "#8fa3c8", "#ffb454"
HEIGHTS = [0.30, 0.86, 0.50]

image = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE))
draw = ImageDraw.Draw(image)
draw.rounded_rectangle((0, 0, SIZE * SCALE - 1, SIZE * SCALE - 1), 24 * SCALE, BACKGROUND)
for index, height in enumerate(HEIGHTS):
    left, bottom = (22 + index * 30) * SCALE, 106 * SCALE
    top = bottom - int(height * 92 * SCALE)
    draw.rounded_rectangle(
        (left, top, left + 24 * SCALE, bottom), 5 * SCALE, LARGEST if height == max(HEIGHTS) else BAR)
image.resize((SIZE, SIZE), Image.LANCZOS).quantize(64).save(Path(__file__).with_name("icon.png"), optimize=True)
