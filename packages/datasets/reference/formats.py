"""Small files of other tools' formats, for the tests of this package: run with numpy and webdataset installed, python formats.py > formats.json.

The records are packed here by struct as dmlc-core's recordio.cc and mxnet's recordio.py say; the pickles, tar and zip files are written by
Python's own modules and by webdataset.
"""
import base64
import io
import json
import pickle
import struct
import tarfile
import zipfile

import numpy
import webdataset

MAGIC = struct.pack("<I", 0xCED7230A)


def text(data):
    return base64.b64encode(data).decode()


def record(payload):
    """dmlc::RecordIOWriter::WriteRecord"""
    out, start = b"", 0
    for i in range(0, len(payload) // 4 * 4, 4):
        if payload[i : i + 4] == MAGIC:
            out += MAGIC + struct.pack("<I", ((1 if start == 0 else 2) << 29) | (i - start)) + payload[start:i]
            start = i + 4
    out += MAGIC + struct.pack("<I", ((3 if start else 0) << 29) | (len(payload) - start)) + payload[start:]
    return out + b"\0" * (-len(payload) % 4)


def packed(label, ident, image):
    """mxnet.recordio.pack"""
    if isinstance(label, (int, float)):
        return struct.pack("IfQQ", 0, label, ident, 0) + image
    labels = numpy.asarray(label, dtype="float32")
    return struct.pack("IfQQ", labels.size, 0, ident, 0) + labels.tobytes() + image


IMAGES = [b"one", b"four", b"\xff\xd8\xff\xe0" + MAGIC + b"jpeg" + MAGIC + MAGIC + b"\xff\xd9", MAGIC, b"x" * 5 + MAGIC + b"not at a multiple of four"]
PEOPLE = [(7, IMAGES[:2]), (0, IMAGES[2:3]), (3, IMAGES[3:])]


def insightface(labels_of):
    """As insightface's face2rec2.py: record 0 tells where the ranges lie, then images, then a range of ids a person."""
    payloads, ranges, listing = [], [], []
    for label, images in PEOPLE:
        first = len(payloads) + 1
        for number, image in enumerate(images):
            payloads.append(packed(labels_of(label), len(payloads) + 1, image))
            listing.append(f"1\tpeople/p{label}/{number}.jpg\t{label}")
        ranges.append((first, len(payloads) + 1))
    end = len(payloads) + 1
    payloads = [packed([end, end + len(ranges)], 0, b""), *payloads, *(packed(list(r), end + i, b"") for i, r in enumerate(ranges))]
    rec, idx = b"", ""
    for ident, payload in enumerate(payloads):
        idx += f"{ident}\t{len(rec)}\n"
        rec += record(payload)
    return {"rec": text(rec), "idx": idx, "lst": "\n".join(listing) + "\n"}


def plain_records():
    """As mxnet's im2rec.py: images only."""
    return text(b"".join(record(packed(label, i, image)) for i, (label, image) in enumerate([(1, IMAGES[0]), (0, IMAGES[1]), (1, IMAGES[2])])))


def shards():
    out = io.BytesIO()
    with webdataset.TarWriter(out, mtime=0) as writer:
        writer.write({"__key__": "000000", "jpg": IMAGES[0], "cls": 5})
        writer.write({"__key__": "000001", "json": {"identity": "Zoë", "landmarks": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10.5]]}, "png": IMAGES[1]})
        writer.write({"__key__": "000002", "jpg": IMAGES[2], "cls": 5})
        writer.write({"__key__": "someone/" + "long" * 40, "jpg": IMAGES[4]})
        writer.write({"__key__": "nobody", "jpg": IMAGES[3]})
        writer.write({"__key__": "no-image", "cls": 5})
    data = out.getvalue()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        offsets = {member.name: [member.offset_data, member.size] for member in tar}
    return {"tar": text(data), "offsets": offsets}


def zipped(loose):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, kind in [("all/b c/1.jpg", 0), ("all/b/2.jpg", 8), ("all/b/10.PNG", 8), ("all/王/x/照片.jpg", 8), *loose, ("all/b/notes.txt", 0), ("__MACOSX/all/b/1.jpg", 0)]:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), IMAGES[len(name) % 5], kind)
    return text(out.getvalue())


def verification():
    same = [True, False, False]
    images = [IMAGES[i % 5] + bytes([i]) for i in range(6)]
    sets = {f"bytes {protocol}": pickle.dumps((images, same), protocol) for protocol in (2, 3, 4, 5)}
    sets["arrays"] = pickle.dumps(([numpy.frombuffer(image, dtype="uint8") for image in images], same), 4)
    sets["a list, and numpy's booleans"] = pickle.dumps([images, numpy.array(same)], 4)
    return {name: text(data) for name, data in sets.items()}


print(json.dumps({
    "images": [text(image) for image in IMAGES],
    "records": [text(record(payload)) for payload in [b"", *IMAGES, MAGIC * 3]],
    "numbered": insightface(float), "pairs": insightface(lambda label: [label, 1]), "plain": plain_records(),
    "webdataset": shards(), "zip": zipped([("all/loose.jpg", 0)]), "zipOfPeople": zipped([]), "bin": verification(),
}, indent=1, ensure_ascii=False))
