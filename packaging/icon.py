"""Draws icon.png, the icon of the NuGet packages: boxes on a conveyor belt, the last slot of it free. Needs Python 3 and nothing else."""
import os
import struct
import zlib

SIZE, SAMPLES = 128, 4
BACKGROUND, BOX, BELT, ROLLER, FREE = (27, 38, 59), (244, 162, 97), (224, 225, 221), (27, 38, 59), (65, 90, 119)


def in_rounded(x, y, left, top, right, bottom, radius):
    """Returns whether a point lies in a rectangle with round corners."""
    if not (left <= x <= right and top <= y <= bottom):
        return False
    dx = max(left + radius - x, x - (right - radius), 0)
    dy = max(top + radius - y, y - (bottom - radius), 0)
    return dx * dx + dy * dy <= radius * radius


def color_at(x, y):
    """Returns the colour of a point, with its share of opacity: the corners of the background are transparent."""
    if not in_rounded(x, y, 0, 0, 128, 128, 24):
        return (0, 0, 0, 0)
    for center in (30, 64, 98):
        if (x - center) ** 2 + (y - 88) ** 2 <= 7 * 7:
            return (*ROLLER, 255)
    if in_rounded(x, y, 14, 74, 114, 102, 14):
        return (*BELT, 255)
    for left in (18, 51):
        if in_rounded(x, y, left, 40, left + 27, 68, 4):
            return (*BOX, 255)
    if in_rounded(x, y, 84, 40, 111, 68, 4) and not in_rounded(x, y, 87, 43, 108, 65, 2):
        return (*FREE, 255)
    return (*BACKGROUND, 255)


def pixel(column, row):
    """Returns one pixel: the mean of its samples, which smooths the edges."""
    steps = [(index + 0.5) / SAMPLES for index in range(SAMPLES)]
    samples = [color_at(column + dx, row + dy) for dy in steps for dx in steps]
    opaque = [sample for sample in samples if sample[3]]
    if not opaque:
        return bytes(4)
    color = (round(sum(sample[channel] for sample in opaque) / len(opaque)) for channel in range(3))
    return bytes((*color, round(255 * len(opaque) / len(samples))))


def chunk(kind, data):
    """Returns one chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE))
header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "icon.png"), "wb") as file:
    file.write(png)
