"""What Python and numpy write, for the test of the pickle reader: run with numpy installed, python pickles.py > pickles.json."""
import base64
import json
import pickle
import sys

import numpy

VALUES = {
    "weights": {"w": [numpy.arange(6, dtype="float32").reshape(2, 3), numpy.array([1.5, -2.5])], "n": [1, 300, -5, 2.5, None, True, 2**40, "ä"]},
    "bytes": ([b"\xff\xd8\x00", b"", bytes(range(256)) * 2, bytearray(b"\x80ab")], [True, False]),
    "arrays": ([numpy.frombuffer(b"\xff\xd8\x00", dtype="uint8"), numpy.zeros((0,), dtype="uint8")], numpy.array([True, False]), [numpy.bool_(True), numpy.float64(0.5)]),
}
dumps = {name: {str(protocol): base64.b64encode(pickle.dumps(value, protocol)).decode() for protocol in (2, 3, 4, 5)} for name, value in VALUES.items()}
print(json.dumps({"python": sys.version.split()[0], "numpy": numpy.__version__, "pickles": dumps}, indent=1))
