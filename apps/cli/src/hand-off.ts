/** Files that make an exported model usable elsewhere: two pictures, their expected cosine, and align.py for ONNX. */
import type { Point, RgbImage } from '@facewright/core';
import { createFivePointAligner, templateFor } from '@facewright/preprocess';
import { cosineSimilarity, fitPixels, type NewModelCard } from '@facewright/training';
import type { ImageLayout } from '@facewright/convert';
import type { ExportFormat } from './export-card.js';
import { drawnImage } from './parity-images.js';

/** Files of a hand-off in addition to the model's own. */
export const HAND_OFF_FILES = ['align.py', 'example-1.png', 'example-2.png'] as const;

type Points = readonly Point[];

export interface HandOff {
  readonly files: Readonly<Partial<Record<(typeof HAND_OFF_FILES)[number], Uint8Array>>>;
  /** The five landmarks of each picture, as a detector would return them. */
  readonly points: readonly [Points, Points];
  /** Cosine between the two pictures' embeddings. */
  readonly cosine: number;
  /** The template's landmarks at the aligned size. */
  readonly template: Points;
  readonly size: number;
  readonly inputSize: readonly [height: number, width: number];
}

const SIDE = 160;

/** Landmarks of a face that is rotated and slightly larger than the template. */
function pointsOf(turn: number, factor: number): Points {
  const [c, s] = [Math.cos(turn) * factor, Math.sin(turn) * factor];
  return templateFor(112).map(([x, y]) => {
    const [dx, dy] = [x - 56, y - 56];
    return [round(SIDE / 2 + c * dx - s * dy), round(SIDE / 2 + s * dx + c * dy)] as Point;
  });
}
const round = (value: number): number => Math.round(value * 100) / 100;

/** `undefined` for a model whose faces were not aligned by five landmarks to InsightFace's template. */
export async function handOff(
  { alignment, inputSize }: NewModelCard,
  { format, layout }: { readonly format: ExportFormat; readonly layout: ImageLayout },
  embed: (images: readonly RgbImage[]) => Promise<readonly Float32Array[]>,
): Promise<HandOff | undefined> {
  const { fingerprint, size } = alignment;
  const aligner = createFivePointAligner(size);
  if (fingerprint !== aligner.fingerprint) return undefined;
  const [height, width] = inputSize;
  const pictures = [0, 1].map((index) => drawnImage(SIDE, SIDE, index));
  const points = [pointsOf(0.2, 1.15), pointsOf(-0.15, 1.05)] as const;
  const aligned = pictures.map((picture, index) => {
    const [leftEye, rightEye, nose, mouthLeft, mouthRight] = points[index];
    const face = aligner.align(picture, { leftEye, rightEye, nose, mouthLeft, mouthRight });
    return { width, height, data: fitPixels(face, [height, width]) };
  });
  const [first, second] = await embed(aligned);
  const { default: sharp } = await import('sharp');
  const [one, two] = await Promise.all(
    pictures.map(({ data }) =>
      sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .png()
        .toBuffer(),
    ),
  );
  const template = templateFor(size).map(([x, y]): Point => [round4(x), round4(y)]);
  const shared = { template, size, inputSize };
  return {
    ...shared,
    files: {
      // Python has onnxruntime, but nothing small for tfjs models
      ...(format === 'onnx' && { 'align.py': new TextEncoder().encode(alignPy(shared, layout)) }),
      'example-1.png': one,
      'example-2.png': two,
    },
    points,
    cosine: cosineSimilarity(first, second),
  };
}
const round4 = (value: number): number => Math.round(value * 1e4) / 1e4;

/** Size of the centred part with the input's proportions. */
const partOf = (size: number, [height, width]: readonly [number, number]): [height: number, width: number] => {
  const scale = Math.max(width / size, height / size);
  return [Math.round(height / scale), Math.round(width / scale)];
};

function alignPy(
  { template, size, inputSize }: Pick<HandOff, 'template' | 'size' | 'inputSize'>,
  layout: string,
): string {
  const [height, width] = inputSize;
  const [partHeight, partWidth] = partOf(size, inputSize);
  const fit =
    height === size && width === size
      ? ''
      : `
    top, left = (${size} - ${partHeight}) // 2, (${size} - ${partWidth}) // 2
    face = cv2.resize(face[top:top + ${partHeight}, left:left + ${partWidth}], (${width}, ${height}), interpolation=cv2.INTER_AREA)`;
  return `"""Aligns a face by its five points and embeds it. Needs: pip install numpy opencv-python-headless onnxruntime"""
import os

import cv2
import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime would send usage data
import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))

# eyes, nose and corners of the mouth in the aligned image of ${size} x ${size} pixels: x, y. Left is the left of the picture.
TEMPLATE = np.array([
${template.map(([x, y]) => `    [${x}, ${y}],`).join('\n')}
])

session = onnxruntime.InferenceSession(os.path.join(HERE, "model.onnx"), providers=["CPUExecutionProvider"])


def align(image, points):
    """The aligned face: image is RGB, uint8; points are five (x, y) in the template's order."""
    points = np.asarray(points, float)
    p, q = points - points.mean(0), TEMPLATE - TEMPLATE.mean(0)
    # Umeyama's similarity in the plane: a rotation and a scale, as one complex number
    a = (p * q).sum() / (p * p).sum()
    b = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / (p * p).sum()
    turn = np.array([[a, -b], [b, a]])
    face = warp(image, turn, TEMPLATE.mean(0) - turn @ points.mean(0))${fit}
    return face


def warp(image, turn, shift):
    """cv2.warpAffine of OpenCV 4, to the bit: positions in steps of 1/32 pixel, black outside. OpenCV 5 rounds them otherwise."""
    back = np.linalg.inv(turn)
    grid = np.arange(${size})
    columns = np.rint(1024 * np.outer(back[:, 0], grid)).astype(int)
    rows = np.rint(1024 * (np.outer(back[:, 1], grid) - (back @ shift)[:, None])).astype(int)
    (left, top), (fx, fy) = np.divmod((columns[:, None, :] + rows[:, :, None] + 16) >> 5, 32)
    height, width = image.shape[:2]
    left, top = left.clip(-2, width) + 2, top.clip(-2, height) + 2
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0))).astype(int)
    fx, fy = fx[..., None], fy[..., None]
    above = (32 - fx) * padded[top, left] + fx * padded[top, left + 1]
    below = (32 - fx) * padded[top + 1, left] + fx * padded[top + 1, left + 1]
    return (((32 - fy) * above + fy * below + 512) >> 10).astype(np.uint8)


def embed(faces):
    """Embeddings of aligned faces, each of length 1: the dot product of two is their cosine."""
    batch = np.stack(faces).astype(np.float32)  # 0 to 255; the model normalises
    ${layout === 'nchw' ? 'batch = batch.transpose(0, 3, 1, 2)\n    ' : ''}return session.run(None, {"images": batch})[0]


def read(path):
    image = cv2.imread(path)
    if image is None:
        raise SystemExit(f"{path} cannot be read")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
`;
}
