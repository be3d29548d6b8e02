#!/usr/bin/env python3
"""
Writes tensors.npz: what the pipelines of makers make of odd.jpg, computed with Pillow and numpy by the definitions in
tests/Inference.Tests/Imaging/References/make.py, for models of 48 × 48 pixels. And cifar10.npy, the example of
docs/command-line.md.

    python3 make.py            # with Pillow 9.4 and numpy 1.24
"""
import importlib.util
import os

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
FIDELITY = os.path.join(HERE, "../../../Inference.Tests/Imaging/References")
SIDE = 48


def load(path):
    spec = importlib.util.spec_from_file_location("fidelity", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    make = load(os.path.join(FIDELITY, "make.py"))
    with open(os.path.join(FIDELITY, "odd.jpg"), "rb") as stream:
        picture = make.opened(stream.read())

    def crop(length, filter):
        return make.torchvision(length, filter, SIDE)

    def stretch(filter):
        return make.stretched(filter, SIDE, SIDE)

    unit = make.normalized(0, 1)
    cifar10 = make.normalized((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
    signed = lambda levels: levels / 127.5 - 1
    pipelines = {
        # 54 = floor(48 / 0.875), 50 = floor(48 / 0.95).
        "torchvision": (crop(54, Image.BILINEAR), make.IMAGENET),
        "timm": (crop(54, Image.BICUBIC), make.IMAGENET),
        "timm-95": (crop(50, Image.BICUBIC), make.IMAGENET),
        "odd-size": (crop(57, Image.BILINEAR), unit),
        "hf": (make.hugging_face(59, Image.BICUBIC, SIDE), make.IMAGENET),
        "keras-tf": (stretch(Image.NEAREST), signed),
        "keras-caffe": (lambda image: stretch(Image.NEAREST)(image)[..., ::-1], make.caffe),
        "hf-vit": (stretch(Image.BILINEAR), make.normalized(0.5, 0.5)),
        "ultralytics": (crop(SIDE, Image.BILINEAR), unit),
        "clip": (crop(SIDE, Image.BICUBIC), make.normalized(make.CLIP_MEAN, make.CLIP_STD)),
        "tensorflow": (lambda image: make.linear(image, SIDE, SIDE), signed),
        "bytes": (stretch(Image.LANCZOS), lambda levels: levels),
        "cifar10": (stretch(Image.BOX), cifar10),
        "own-numbers": (crop(54, Image.BILINEAR), make.normalized((0.3, 0.4, 0.5), (0.2, 0.3, 0.25))),
    }
    tensors = {
        name: scaling(levels(picture).astype(np.float64)).astype("<f4").transpose(2, 0, 1)[None]
        for name, (levels, scaling) in pipelines.items()
    }
    tensors["gray"] = ((make.gray(picture) / 255 - 0.1307) / 0.3081).astype("<f4").transpose(2, 0, 1)[None]
    tensors["inverted"] = (1 - make.gray(picture) / 255).astype("<f4").transpose(2, 0, 1)[None]
    example = cifar10(make.torchvision(32, Image.BILINEAR, 32)(picture))
    np.save(os.path.join(HERE, "cifar10.npy"), example.astype("<f4").transpose(2, 0, 1)[None])
    np.savez_compressed(os.path.join(HERE, "tensors.npz"), **tensors)


if __name__ == "__main__":
    main()
