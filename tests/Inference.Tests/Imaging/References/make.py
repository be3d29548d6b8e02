#!/usr/bin/env python3
"""Makes the pictures of this folder and what the makers' pipelines make of them.

    python3 make.py [--whole] [--out FOLDER]

Needs Pillow 9.4 and numpy. The pipelines are written out from their sources, so that neither PyTorch nor TensorFlow,
Keras or OpenCV is needed; each function names its source. Everything random is seeded.

For each picture, <picture>.levels.gz holds one row per recipe of recipes.json: every step-th element of the tensor
[height, width, channel], or every element with --whole, before it is scaled. They are bytes, or 16-bit numbers in units
of 1/256 where the maker does not round to bytes. The scaling itself is in recipes.json: the tensor's values for a black
and for a white pixel.
"""

import argparse
import gzip
import io
import json
import math
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406])
IMAGENET_STD = np.array([0.229, 0.224, 0.225])
EFFICIENTNET_STD = np.array([0.47853944, 0.4732864, 0.47434163])
CLIP_MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
CLIP_STD = np.array([0.26862954, 0.26130258, 0.27577711])


# The pictures -----------------------------------------------------------------------------------------------------


def noise(rng, height, width, cells):
    """Smooth noise in 0...1: random numbers on a coarse grid, interpolated."""
    grid = Image.fromarray(rng.random((max(2, height // cells), max(2, width // cells))).astype(np.float32))
    return np.asarray(grid.resize((width, height), Image.BICUBIC))


def scene(seed, width, height, grain=1.0):
    """A picture with what photographs have: gradients, smooth areas, edges, fine texture and text."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    channels = []
    for channel in range(3):
        sky = 210 - 120 * y + 40 * x * (channel - 1)
        ground = 70 + 60 * noise(rng, height, width, 24) + 25 * channel * (1 - y)
        mask = 1 / (1 + np.exp(-(y - 0.55 - 0.1 * np.sin(5 * x + seed)) * 60))
        texture = grain * mask * (22 * (noise(rng, height, width, 3) - 0.5) + 12 * (noise(rng, height, width, 8) - 0.5))
        channels.append(sky * (1 - mask) + ground * mask + texture)
    picture = Image.fromarray(np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(7):
        left, top = rng.integers(0, width), rng.integers(0, height)
        side = rng.integers(min(width, height) // 10, min(width, height) // 3)
        color = tuple(int(value) for value in rng.integers(0, 256, 3))
        shape = [draw.rectangle, draw.ellipse][int(rng.integers(0, 2))]
        shape((int(left), int(top), int(left + side), int(top + side * 0.8)), fill=color)
    draw.polygon([(width * 0.1, height), (width * 0.3, height * 0.4), (width * 0.42, height)], fill=(240, 236, 228))
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", max(9, height // 16))
    draw.text((width * 0.05, height * 0.08), "Bäckerei 24 h", fill=(20, 20, 24), font=font)
    draw.text((width * 0.35, height * 0.78), "SOFTMAX e^z/Σ", fill=(250, 250, 240), font=font)
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def png16(array):
    """A PNG of 16 bits a channel, which Pillow cannot write in colour."""
    height, width, channels = array.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = array.astype(">u2").tobytes()
    length = width * channels * 2
    filtered = b"".join(b"\0" + rows[y * length : (y + 1) * length] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 16, 0 if channels == 1 else 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(filtered, 9))
        + chunk(b"IEND", b"")
    )


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def alpha_of(picture):
    height, width = picture.size[1], picture.size[0]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    alpha = 255 * np.clip(1.6 - 2.4 * np.hypot(x / width - 0.5, y / height - 0.5), 0, 1)
    return Image.fromarray(alpha.astype(np.uint8))


def sixteen_bits(picture):
    """More levels than a byte has."""
    levels = np.asarray(picture).astype(np.float64)
    levels = levels.reshape(levels.shape[0], levels.shape[1], -1)
    wave = 100 * np.sin(np.arange(levels.shape[1]) / 9)[None, :, None]
    return np.clip(np.round(levels * 257 + wave), 0, 65535).astype(np.uint16)


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def pictures():
    """Name, file, and the upright RGB picture that it shows; None has Pillow decode the file."""
    yield "photo.jpg", saved(scene(1, 640, 427), "JPEG", quality=88), None
    yield "odd.jpg", saved(scene(2, 331, 247), "JPEG", quality=92, subsampling=0), None
    yield "tall.jpg", saved(scene(3, 203, 391), "JPEG", quality=80, subsampling=1), None
    yield "progressive.jpg", saved(scene(4, 385, 290), "JPEG", quality=85, progressive=True), None
    for orientation in (3, 5, 6, 7):
        turned = scene(4 + orientation, 301, 228)
        yield f"exif{orientation}.jpg", saved(turned, "JPEG", quality=85, exif=exif(orientation)), None
    yield "gray.jpg", saved(scene(12, 350, 281).convert("L"), "JPEG", quality=88), None
    yield "cmyk.jpg", saved(cmyk(scene(13, 300, 251)), "JPEG", quality=88), None
    yield "huge.jpg", saved(scene(14, 4000, 3000, grain=0).filter(ImageFilter.GaussianBlur(3)), "JPEG", quality=60,
                            optimize=True), None
    palette = scene(15, 260, 197).quantize(64, dither=Image.Dither.NONE)
    yield "palette.png", saved(palette, "PNG", optimize=True), None
    rgb16 = sixteen_bits(scene(16, 101, 83, grain=0.3))
    yield "rgb16.png", png16(rgb16), None
    gray16 = sixteen_bits(scene(17, 150, 121, grain=0.3).convert("L"))
    yield "gray16.png", png16(gray16), eight_bits(gray16)
    gray = scene(18, 180, 133).convert("L")
    yield "gray-alpha.png", saved(Image.merge("LA", (gray, alpha_of(gray))), "PNG", optimize=True), None
    small = scene(19, 151, 142)
    small.putalpha(alpha_of(small))
    yield "rgba.png", saved(small, "PNG", optimize=True), None
    yield "palette-alpha.png", saved(small.quantize(48, method=Image.Quantize.FASTOCTREE), "PNG", optimize=True), None
    yield "lossy.webp", saved(scene(20, 400, 303), "WEBP", quality=85), None
    clear = scene(21, 320, 243)
    clear.putalpha(alpha_of(clear))
    yield "alpha.webp", saved(clear, "WEBP", quality=85), None
    yield "lossless.webp", saved(scene(22, 140, 163, grain=0.5), "WEBP", lossless=True), None


def cmyk(picture):
    """With a black channel of its own, which Pillow's conversion leaves at 0."""
    colors = 255 - np.asarray(picture).astype(np.float64)
    black = 0.7 * colors.min(-1, keepdims=True)
    inks = (colors - black) / (255 - black) * 255
    return Image.fromarray(np.round(np.concatenate([inks, black], -1)).astype(np.uint8), "CMYK")


def eight_bits(levels):
    """
    The high byte, which is what Pillow takes of colours, and libpng's png_set_strip_16 for OpenCV and TensorFlow.
    Pillow 9.4 clips a grey of 16 bits at 255 instead (https://github.com/python-pillow/Pillow/issues/3011), which no
    model was meant to see.
    """
    return Image.fromarray(np.repeat((levels >> 8).astype(np.uint8), 3, 2))


def opened(file):
    """The upright picture in RGB, its transparent parts laid on white."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    if picture.mode in ("LA", "RGBA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


# What makers do with a picture ------------------------------------------------------------------------------------


def shorter_side(picture, length):
    """torchvision/transforms/functional.py, _compute_resized_output_size; Hugging Face's
    get_resize_output_image_size is the same."""
    width, height = picture.size
    short, long = (width, height) if width <= height else (height, width)
    new_long = int(length * long / short)
    return (length, new_long) if width <= height else (new_long, length)


def crop_torchvision(array, height, width, fill=0):
    """torchvision/transforms/functional.py, center_crop."""
    missing = [max(0, height - array.shape[0]), max(0, width - array.shape[1])]
    if any(missing):
        around = [(gap // 2, (gap + 1) // 2) for gap in missing]
        array = np.pad(array, [*around, (0, 0)], constant_values=fill)
    top = int(round((array.shape[0] - height) / 2.0))
    left = int(round((array.shape[1] - width) / 2.0))
    return array[top : top + height, left : left + width]


def crop_hugging_face(array, height, width):
    """transformers/image_transforms.py, center_crop, which pads with zeros."""
    old_height, old_width = array.shape[:2]
    top, left = (old_height - height) // 2, (old_width - width) // 2
    new_height, new_width = max(height, old_height), max(width, old_width)
    larger = np.zeros((new_height, new_width, 3), array.dtype)
    top_pad, left_pad = math.ceil((new_height - old_height) / 2), math.ceil((new_width - old_width) / 2)
    larger[top_pad : top_pad + old_height, left_pad : left_pad + old_width] = array
    top, left = max(0, top + top_pad), max(0, left + left_pad)
    return larger[top : top + height, left : left + width]


def linear_axis(array, length, axis):
    """
    Linear interpolation between the two nearest pixels, with half-pixel centres: tensorflow/core/kernels/image/
    resize_bilinear_op.cc with half_pixel_centers.
    """
    old = array.shape[axis]
    position = np.clip((np.arange(length) + 0.5) * old / length - 0.5, 0, old - 1)
    low = np.floor(position).astype(int)
    part = (position - low).reshape([-1 if i == axis else 1 for i in range(array.ndim)])
    high = np.minimum(low + 1, old - 1)
    return np.take(array, low, axis) * (1 - part) + np.take(array, high, axis) * part


def linear(picture, width, height):
    return linear_axis(linear_axis(np.asarray(picture).astype(np.float64), height, 0), width, 1)


def resized(picture, size, filter):
    return np.asarray(picture.resize(size, filter))


def torchvision(length, filter, side=224, fill=0):
    return lambda picture: crop_torchvision(
        resized(picture, shorter_side(picture, length), filter), side, side, fill)


def hugging_face(length, filter, side=224):
    return lambda picture: crop_hugging_face(resized(picture, shorter_side(picture, length), filter), side, side)


def stretched(filter, width=224, height=224):
    return lambda picture: resized(picture, (width, height), filter)


def opencv_axis(length, old):
    """OpenCV's resize.cpp: positions in 32-bit floats, weights in units of 1/2048."""
    position = ((np.arange(length) + 0.5) * (old / length) - 0.5).astype(np.float32)
    low = np.floor(position).astype(int)
    part = position - low
    part[low < 0], low[low < 0] = 0, 0
    part[low >= old - 1], low[low >= old - 1] = 0, old - 1
    weights = [np.rint(weight * 2048).astype(np.int64) for weight in (1 - part, part)]
    return low, np.minimum(low + 1, old - 1), weights


def opencv(picture, width, height):
    """OpenCV's INTER_LINEAR of bytes: HResizeLinear and VResizeLinear in resize.cpp."""
    array = np.asarray(picture).astype(np.int64)
    low, high, (one, other) = opencv_axis(width, array.shape[1])
    array = array[:, low] * one[:, None] + array[:, high] * other[:, None]
    low, high, (one, other) = (opencv_axis(height, array.shape[0]))
    one, other = one[:, None, None], other[:, None, None]
    return (((one * (array[low] >> 4)) >> 16) + ((other * (array[high] >> 4)) >> 16) + 2) >> 2


def mmpretrain(picture):
    """mmpretrain's ResizeEdge(256) and CenterCrop(224), mmpretrain/datasets/transforms/processing.py."""
    return crop_torchvision(opencv(picture, *shorter_side(picture, 256)), 224, 224)


def paddle(picture):
    """PaddleClas, ppcls/data/preprocess/ops/operators.py: ResizeImage(resize_short=256) and CropImage(224)."""
    width, height = picture.size
    percent = 256 / min(width, height)
    array = opencv(picture, int(round(width * percent)), int(round(height * percent)))
    top, left = (array.shape[0] - 224) // 2, (array.shape[1] - 224) // 2
    return array[top : top + 224, left : left + 224]


def yolov5(picture):
    """YOLOv5, utils/augmentations.py: CenterCrop."""
    array = np.asarray(picture)
    side = min(array.shape[:2])
    top, left = (array.shape[0] - side) // 2, (array.shape[1] - side) // 2
    return opencv(array[top : top + side, left : left + side], 224, 224)


def deit(picture):
    """DeiTImageProcessor with its defaults: stretched, then cropped."""
    return crop_hugging_face(resized(picture, (256, 256), Image.BICUBIC), 224, 224)


def mobilevit(picture):
    """MobileViTImageProcessor with the settings of apple/mobilevit-small, which reverses the channels."""
    return hugging_face(288, Image.BILINEAR, 256)(picture)[..., ::-1]


def teachable_machine(picture):
    """The example of Teachable Machine: snippets/markdown/image/tensorflow/keras.md."""
    return np.asarray(ImageOps.fit(picture, (224, 224), Image.LANCZOS))


def custom_vision(picture):
    """The example of Custom Vision: samples/python/onnx/classification/predict.py, with Pillow's default filter."""
    return stretched(Image.BICUBIC)(picture)[..., ::-1]


def gray(picture):
    return np.asarray(picture.convert("L").resize((28, 28), Image.BILINEAR))[..., None]


def normalized(mean, std):
    return lambda levels: (levels / 255 - mean) / std


def caffe(levels):
    """keras/applications/imagenet_utils.py, preprocess_input, mode caffe, after it has reversed the channels."""
    return levels - np.array([103.939, 116.779, 123.68])


def efficientnet(levels):
    """transformers/models/efficientnet/image_processing_efficientnet.py with include_top, which divides twice."""
    return (levels / 255 - IMAGENET_MEAN) / EFFICIENTNET_STD / EFFICIENTNET_STD


IMAGENET = normalized(IMAGENET_MEAN, IMAGENET_STD)

# Name, levels of a picture, scaling, and whether the levels are whole numbers.
RECIPES = [
    ("torchvision", torchvision(256, Image.BILINEAR), IMAGENET, True),
    ("timm-0.875", torchvision(math.floor(224 / 0.875), Image.BICUBIC), IMAGENET, True),
    ("timm-0.95", torchvision(math.floor(224 / 0.95), Image.BICUBIC), IMAGENET, True),
    ("timm-1.0", torchvision(224, Image.BICUBIC), IMAGENET, True),
    ("keras-tf", stretched(Image.NEAREST), lambda levels: levels / 127.5 - 1, True),
    ("keras-caffe", lambda picture: stretched(Image.NEAREST)(picture)[..., ::-1], caffe, True),
    ("keras-torch", stretched(Image.NEAREST), IMAGENET, True),
    ("ultralytics", torchvision(224, Image.BILINEAR), lambda levels: levels / 255, True),
    ("clip", torchvision(224, Image.BICUBIC), normalized(CLIP_MEAN, CLIP_STD), True),
    ("hf-vit", stretched(Image.BILINEAR), normalized(0.5, 0.5), True),
    ("hf-convnext", hugging_face(int(224 / 0.875), Image.BICUBIC), IMAGENET, True),
    ("mnist", gray, lambda levels: levels / 255, True),
    ("tensorflow", lambda picture: linear(picture, 224, 224), lambda levels: levels / 127.5 - 1, False),
    ("mmpretrain", mmpretrain, IMAGENET, True),
    ("paddleclas", paddle, IMAGENET, True),
    ("yolov5", yolov5, IMAGENET, True),
    ("padded", torchvision(161, Image.BICUBIC, fill=0), IMAGENET, True),
    ("padded-hf", hugging_face(161, Image.BICUBIC), IMAGENET, True),
    ("box", stretched(Image.BOX, 96, 80), lambda levels: levels / 255, True),
    ("hamming", stretched(Image.HAMMING, 96, 80), lambda levels: levels / 255, True),
    ("lanczos", stretched(Image.LANCZOS, 96, 80), lambda levels: levels / 255, True),
    ("hf-clip", hugging_face(224, Image.BICUBIC), normalized(CLIP_MEAN, CLIP_STD), True),
    ("hf-mobilenet", hugging_face(256, Image.BILINEAR), normalized(0.5, 0.5), True),
    ("hf-deit", deit, IMAGENET, True),
    ("hf-siglip", stretched(Image.BICUBIC), normalized(0.5, 0.5), True),
    ("hf-mobilevit", mobilevit, lambda levels: levels / 255, True),
    ("hf-efficientnet", stretched(Image.NEAREST), efficientnet, True),
    ("teachable-machine", teachable_machine, lambda levels: levels / 127.5 - 1, True),
    ("custom-vision", custom_vision, lambda levels: levels, True),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whole", action="store_true", help="keep every element of the tensors")
    parser.add_argument("--out", default=HERE)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)

    steps = {28 * 28: 1, 96 * 80 * 3: 19, 224 * 224 * 3: 151, 256 * 256 * 3: 197}
    description = []
    for name, levels_of, scaling, whole in RECIPES:
        size = levels_of(Image.new("RGB", (300, 260))).size
        channels = 1 if name == "mnist" else 3
        black, white = (np.broadcast_to(scaling(np.full(channels, level, float)), channels) for level in (0, 255))
        description.append(
            {
                "name": name,
                "elements": size,
                "step": 1 if arguments.whole else steps[size],
                "bytes": 1 if whole else 2,
                "black": list(black),
                "white": list(white),
            })
    with open(os.path.join(arguments.out, "recipes.json"), "w", encoding="utf-8", newline="\n") as stream:
        json.dump(description, stream, indent=2)
        stream.write("\n")

    for name, file, picture in pictures():
        picture = picture or opened(file)
        rows = []
        for recipe, (_, levels_of, _, whole) in zip(description, RECIPES):
            levels = levels_of(picture).astype(np.float64).reshape(-1)[:: recipe["step"]]
            rows.append((levels if whole else np.round(levels * 256)).astype("u1" if whole else "<u2").tobytes())
        with open(os.path.join(arguments.out, name), "wb") as stream:
            stream.write(file)
        with open(os.path.join(arguments.out, name + ".levels.gz"), "wb") as stream:
            stream.write(gzip.compress(b"".join(rows), 9, mtime=0))


if __name__ == "__main__":
    main()
