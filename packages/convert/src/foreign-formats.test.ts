// Files that are taken for weights: each is named, with what to do about it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseWeights, readWeightsFile } from './weights-file.js';

const bytes = (text: string): Uint8Array => Buffer.from(text.padEnd(600, '\0'), 'latin1');

test.each([
  ['net.h5', '\x89HDF\r\n\x1a\n', 'an HDF5 file, as Keras writes', 'tf2onnx'],
  ['net.tflite', '\x1c\0\0\0TFL3', 'a TensorFlow Lite model', 'tf2onnx'],
  ['saved_model.pb', '\x08\x01\x12\x05', 'a TensorFlow graph', 'tf2onnx'],
  ['frozen.pb', '\x0a\x40\x0a\x05', 'a TensorFlow graph', 'tf2onnx'],
  ['resnet.dat', '\x01\x01\x01\x0dloss_metric_2', 'a model of dlib', 'another format'],
  ['shape.dat', '\x01\x01\x81\x0a\x81\x01', 'a model of dlib', 'another format'],
  ['det1.caffemodel', '\x0a\x0512Net', 'a Caffe model', 'ONNX'],
  ['det1.prototxt', 'name: "PNet"', 'the description of a Caffe network, without weights', 'ONNX'],
  ['model-0000.params', '\x12\x01\0\0\0\0\0\0', 'MXNet weights', 'ONNX'],
  ['net.param', '7767517\n75 83', 'the description of an ncnn network, without weights', 'ONNX'],
  ['net.pdparams', '\x80\x04}', 'a PaddlePaddle model', 'ONNX'],
  ['net.engine', 'ptrt', 'a TensorRT engine', 'ONNX'],
  ['net.npy', '\x93NUMPY\x01\0', 'a NumPy array', 'safetensors'],
  ['net.pkl', '\x80\x03cnumpy', 'a Python pickle that was not written by torch.save', 'torch.save'],
  ['onet.lz4', '\x04\x22\x4d\x18', 'an LZ4 archive', 'Unpack'],
  ['net.tar.gz', '\x1f\x8b\x08', 'a gzip archive', 'Unpack'],
  ['net.onnx', '\xff\xd8\xff\xe0', 'a photo', 'ONNX'],
  [
    'net.onnx',
    'version https://git-lfs.github.com/spec/v1',
    'a pointer to a file that Git LFS has not fetched',
    'git lfs',
  ],
  ['net.pth', '<!DOCTYPE html>', 'a web page', 'Download'],
])('%s that begins with %j is %s', async (path, head, name, todo) => {
  await expect(parseWeights(bytes(head), path)).rejects.toMatchObject({
    what: `This is ${name}, which cannot be imported.`,
    todo: expect.stringContaining(todo),
  });
});

test('nothing at all, and what nobody knows', async () => {
  await expect(parseWeights(new Uint8Array(), 'a.onnx')).rejects.toThrow('an empty file');
  await expect(parseWeights(bytes('hello'), 'a.onnx')).rejects.toThrow('This is not a supported weights file.');
});

test.each([
  [['model.weights.h5', 'config.json'], 'a Keras model', 'tf2onnx'],
  [['arr_0.npy'], 'a NumPy archive of arrays', 'safetensors'],
  [['det_500m.onnx', 'w600k_mbf.onnx'], 'a zip archive', 'the one you need: det_500m.onnx, w600k_mbf.onnx.'],
  [['readme.txt'], 'a zip archive', 'Unpack it'],
])('a zip file of %j is %s', async (names, name, todo) => {
  await expect(parseWeights(zipOf(names), 'a.zip')).rejects.toMatchObject({
    what: `This is ${name}, not a file written by torch.save.`,
    todo: expect.stringContaining(todo),
  });
});

test.each([
  [['saved_model.pb'], 'This is a TensorFlow model', 'tf2onnx'],
  [['model.json', 'weights.safetensors'], 'a model of facewright already', '--model'],
  [['det.onnx', 'w600k_mbf.onnx', 'readme.md'], 'not InsightFace y1', 'det.onnx, w600k_mbf.onnx'],
  [[], 'not InsightFace y1', 'safetensors'],
])('a folder with %j', async (names, what, todo) => {
  const directory = await mkdtemp(join(tmpdir(), 'facewright-foreign-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'other'));
  for (const name of names) await writeFile(join(directory, name), '');
  await expect(readWeightsFile(directory)).rejects.toMatchObject({
    what: expect.stringContaining(what),
    where: directory,
    todo: expect.stringContaining(todo),
  });
});

/** Of files that claim to unpack to more than the whole, as compressed arrays do. */
function zipOf(names: readonly string[]): Uint8Array {
  const [files, directory]: Buffer[][] = [[], []];
  let at = 0;
  for (const name of names) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(2, 14);
    common.writeUInt32LE(1e6, 18);
    common.writeUInt16LE(name.length, 22);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, Buffer.alloc(10), u32(at), Buffer.from(name));
    const file = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), Buffer.from([3, 0])]);
    files.push(file);
    at += file.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.from('PK\x05\x06\0\0\0\0', 'latin1');
  const count = Buffer.from([names.length, 0, names.length, 0]);
  return Buffer.concat([...files, list, end, count, u32(list.length), u32(at), Buffer.alloc(2)]);
}

function u32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
}
