/** Names files that people take for weights that can be imported: other frameworks', archives, photos. */
import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { FacewrightError, latin1Text } from '@facewright/core';

const READ =
  'Use a PyTorch checkpoint (.pt, .pth, .ckpt), a safetensors or ONNX file, or the folder of InsightFace y1.';
const TO_ONNX = 'Convert it to ONNX with the tools of its framework, then import the .onnx file.';
const TENSORFLOW = 'Convert it to ONNX with tf2onnx (pip install tf2onnx), then import the .onnx file.';
const UNPACK = 'Unpack it, then import the file of weights in it.';
const PICKLE = `Load it in Python and save the weights only: safetensors.numpy.save_file, or torch.save of a dictionary of tensors.`;

interface Format {
  /** With an article. */
  readonly name: string;
  /** What to do about it. */
  readonly todo: string;
}
type Signature = Format & { readonly start?: RegExp; readonly endings?: RegExp };

/** The first one that fits counts; with both, the start and the ending of the name have to. */
const FORMATS: readonly Signature[] = [
  { name: 'an HDF5 file, as Keras writes', todo: TENSORFLOW, start: /^\x89HDF\r\n\x1a\n/ },
  { name: 'a TensorFlow Lite model', todo: TENSORFLOW, start: /^[^]{4}TFL3/ },
  { name: 'a TensorFlow graph', todo: TENSORFLOW, start: /^[\x08\x0a]/, endings: /^\.pb$/ },
  {
    name: 'a model of dlib',
    todo: 'dlib cannot export it. Use weights in another format.',
    start: /^\x01\x01/,
    endings: /^\.dat$/,
  },
  { name: 'a Caffe model', todo: TO_ONNX, start: /^\x0a/, endings: /^\.caffemodel$/ },
  { name: 'the description of a Caffe network, without weights', todo: TO_ONNX, endings: /^\.prototxt$/ },
  { name: 'MXNet weights', todo: TO_ONNX, start: /^\x12\x01\0{6}/ },
  { name: 'the description of an ncnn network, without weights', todo: TO_ONNX, start: /^7767517\s/ },
  { name: 'a PaddlePaddle model', todo: TO_ONNX, endings: /^\.pd(model|params|iparams|opt)$/ },
  { name: 'a Core ML model', todo: TO_ONNX, endings: /^\.ml(model|package)$/ },
  { name: 'a TensorRT engine', todo: 'Import the model it was built from, such as its ONNX file.', start: /^[pf]trt/ },
  { name: 'a NumPy array', todo: PICKLE, start: /^\x93NUMPY/ },
  { name: 'a Python pickle that was not written by torch.save', todo: PICKLE, start: /^\x80[\x02-\x05]/ },
  { name: 'an LZ4 archive', todo: UNPACK, start: /^\x04\x22\x4d\x18/ },
  { name: 'a gzip archive', todo: UNPACK, start: /^\x1f\x8b/ },
  { name: 'an xz archive', todo: UNPACK, start: /^\xfd7zXZ/ },
  { name: 'a bzip2 archive', todo: UNPACK, start: /^BZh[1-9]/ },
  { name: 'a 7z archive', todo: UNPACK, start: /^7z\xbc\xaf/ },
  { name: 'a RAR archive', todo: UNPACK, start: /^Rar!/ },
  { name: 'a tar archive', todo: UNPACK, start: /^[^]{257}ustar/ },
  { name: 'a photo', todo: READ, start: /^(\xff\xd8\xff|\x89PNG|GIF8|RIFF[^]{4}WEBP)/ },
  {
    name: 'a pointer to a file that Git LFS has not fetched',
    todo: 'Fetch the file itself: git lfs pull.',
    start: /^version https:\/\/git-lfs/,
  },
  { name: 'a web page', todo: 'Download the file itself: its page was saved instead.', start: /^\s*<(!doctype|html)/i },
];

/** Longer than any start. */
const HEAD_BYTES = 512;

/** For a file that is in none of the formats that can be read. */
export function refuseFormat(bytes: Uint8Array, where: string): never {
  const found = bytes.length ? foreignFormat(bytes, where) : { name: 'an empty file', todo: 'Download it again.' };
  throw new FacewrightError({
    what: found ? `This is ${found.name}, which cannot be imported.` : 'This is not a supported weights file.',
    where,
    todo: found?.todo ?? READ,
  });
}

/** `undefined` if unknown. */
export function foreignFormat(bytes: Uint8Array, path: string): Format | undefined {
  const head = latin1Text(bytes.subarray(0, HEAD_BYTES));
  const ending = extname(path).toLowerCase();
  return FORMATS.find(({ start, endings }) => (start?.test(head) ?? true) && (endings?.test(ending) ?? true));
}

/** A zip file that torch.save did not write, by the names in it. */
export function refuseZip(names: readonly string[], where: string): never {
  const weights = names.filter((name) => /\.(onnx|pth?|ckpt|safetensors)$/i.test(name));
  const [name, todo] = zipFormat(names, weights);
  throw new FacewrightError({ what: `This is ${name}, not a file written by torch.save.`, where, todo });
}

function zipFormat(names: readonly string[], weights: readonly string[]): readonly [name: string, todo: string] {
  if (names.some((name) => /(^|\/)model\.weights\.h5$/.test(name))) return ['a Keras model', TENSORFLOW];
  if (names.length && names.every((name) => name.endsWith('.npy'))) return ['a NumPy archive of arrays', PICKLE];
  if (weights.length)
    return ['a zip archive', `Unpack it, then import the one you need: ${weights.slice(0, 6).join(', ')}.`];
  return ['a zip archive', UNPACK];
}

/** A folder that is not InsightFace's y1. */
export async function refuseFolder(path: string): Promise<never> {
  const names = await readdir(path);
  const weights = names.filter((name) => /\.(onnx|pth?|ckpt|safetensors)$/i.test(name)).sort();
  const refuse = (what: string, todo: string): never => {
    throw new FacewrightError({ what, where: path, todo });
  };
  if (names.includes('saved_model.pb')) refuse('This is a TensorFlow model, which cannot be imported.', TENSORFLOW);
  if (names.includes('model.json') && names.includes('weights.safetensors'))
    refuse('This is a model of facewright already.', 'Use it as it is, with --model or --from.');
  return refuse(
    'This folder is not InsightFace y1: it has no manifest.json.',
    weights.length ? `Give one of the files in it: ${weights.slice(0, 6).join(', ')}.` : READ,
  );
}
