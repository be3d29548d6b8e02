#!/usr/bin/env python3
"""
Writes the files that NumpyReferenceTests reads: arrays of every element type that is read, in both orders of bytes and
of axes and in every version of the format, and archives of them. All hold the values of `VALUES`.

    python3 make.py            # with numpy 1.24
"""
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))

# Exact in every type; the test computes them, too.
VALUES = np.arange(24).reshape(2, 3, 4)


def path(name):
    return os.path.join(HERE, name)


def write(name, array, version):
    with open(path(name), "wb") as stream:
        np.lib.format.write_array(stream, array, version=version)


def main():
    for type in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        for order, name in (("<", "little"), (">", "big")):
            if type[1] != "1" or order == "<":
                np.save(path(f"{type}-{name}.npy"), VALUES.astype(order + type))
    np.save(path("bool.npy"), VALUES % 2 == 1)
    np.save(path("fortran.npy"), np.asfortranarray(VALUES.astype("<f4")))
    np.save(path("fortran-big.npy"), np.asfortranarray(VALUES.astype(">f8")))
    write("version-2.npy", VALUES.astype("<f4"), (2, 0))
    write("version-3.npy", VALUES.astype("<f4"), (3, 0))
    np.save(path("scalar.npy"), np.float32(7))
    np.save(path("empty.npy"), np.zeros((0, 3), "<f4"))
    np.save(path("one-axis.npy"), np.arange(5, dtype="<f4"))
    np.save(path("special.npy"), np.array([np.nan, np.inf, -np.inf, -0.0, 1e300]))

    np.savez(path("stored.npz"), input=VALUES.astype("<f4"), logits=np.arange(5, dtype="<f8"))
    np.savez_compressed(path("deflated.npz"), np.asfortranarray(VALUES.astype("<f4")))

    # What is rejected.
    np.save(path("objects.npy"), np.array([{}, None], dtype=object), allow_pickle=True)
    np.save(path("structured.npy"), np.zeros(3, dtype=[("a", "<f4"), ("b", "<i4")]))
    np.save(path("complex.npy"), np.zeros(3, dtype="<c8"))
    np.save(path("text.npy"), np.array(["a", "bc"]))
    np.save(path("bytes.npy"), np.zeros(3, dtype="V2"))
    np.savez(path("objects.npz"), good=VALUES.astype("<f4"), bad=np.array([None], dtype=object))


if __name__ == "__main__":
    main()
