"""A small picture as cameras store it, in the eight orientations of EXIF, as `turned/<n>.jpg`, and `turned/upright.png`.

Pillow writes the tag and turns the pixels (ImageOps.exif_transpose is asserted to give the upright picture back).
Tolerance: 24 of 255, what JPEG leaves of flat blocks of colour.
"""

from common import GOLDEN

import numpy as np
from PIL import Image, ImageOps

OUT = GOLDEN / "turned"
# How the upright picture was turned when it was stored, by the tag that undoes it.
STORED = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
          4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
          7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}


def main():
    OUT.mkdir(exist_ok=True)
    upright = Image.new("RGB", (48, 32))
    for i, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 255, 255)]):
        upright.paste(colour, (16 * (i % 3), 16 * (i // 3), 16 * (i % 3) + 16, 16 * (i // 3) + 16))
    upright.save(OUT / "upright.png")
    for tag, turn in STORED.items():
        stored = upright if turn is None else upright.transpose(turn)
        exif = Image.Exif()
        exif[0x0112] = tag
        stored.save(OUT / f"{tag}.jpg", quality=100, subsampling=0, exif=exif)
        back = ImageOps.exif_transpose(Image.open(OUT / f"{tag}.jpg"))
        worst = np.abs(np.asarray(back, dtype=int) - np.asarray(upright, dtype=int)).max()
        assert back.size == upright.size and worst < 24, (tag, worst)


if __name__ == "__main__":
    main()
