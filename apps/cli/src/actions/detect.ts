/** Implements `facewright detect`: detects faces in photos. */
import { join } from 'node:path';
import {
  createEventStream,
  FacewrightError,
  Interrupted,
  throwIfAborted,
  type ByteLimits,
  type Face,
  type Point,
  type RgbImage,
} from '@facewright/core';
import { openPhoto, writeFileAtomic, type DecodeLimits } from '@facewright/platform/node';
import { faceInPhoto, photoSize } from '@facewright/preprocess';
import { backendFor, compose } from '@facewright/run';
import { builtins } from '../builtins.js';
import { drawFaces, drawnNames } from '../draw-faces.js';
import { configOf } from '../config-of.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface DetectOptions extends CommonOptions {
  readonly draw?: string;
}

interface PhotoRow {
  readonly path: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly faces: readonly {
    readonly box: readonly [x: number, y: number, width: number, height: number];
    readonly confidence: number;
    readonly points: Readonly<Record<string, Point>>;
  }[];
  readonly error?: string;
}

export default (paths: string[], options: DetectOptions) =>
  withSession({ ...options, writes: options.draw }, async ({ signal, onEvent, print }) => {
    const events = createEventStream();
    events.subscribe(onEvent);
    const { config, baseDirectory, where } = await configOf(options);
    const scope = { builtins, events, signal, baseDirectory, where, plugins: [] };
    const composition = await compose({ ...config, data: undefined }, await backendFor(config, scope), scope);
    try {
      const detector = await composition.detector.make();
      const photos: PhotoRow[] = [];
      const names = drawnNames(paths);
      for (const [index, path] of paths.entries()) {
        throwIfAborted(signal, path);
        const row = await detectOne(
          path,
          (image) => detector.detect(image),
          options.draw && join(options.draw, names[index]),
          { ...config.limits, signal },
        );
        photos.push(row);
        print(textOf(row));
        if (paths.length > 1)
          events.emit('progress', { task: 'detect', done: photos.length, total: paths.length, unit: 'photos' });
      }
      detector.dispose?.();
      return { json: { photos }, exitCode: photos.some(({ error }) => error !== undefined) ? 1 : 0 };
    } finally {
      await composition.dispose();
    }
  });

async function detectOne(
  path: string,
  detect: (image: RgbImage) => Promise<Face[]>,
  drawnPath: string | undefined,
  limits: DecodeLimits & ByteLimits,
): Promise<PhotoRow> {
  const image = await openPhoto(path, { ...limits, reduce: true }).catch((error: unknown) => {
    if (error instanceof FacewrightError && !(error instanceof Interrupted)) return error;
    throw error;
  });
  if (image instanceof FacewrightError) return { path, width: null, height: null, faces: [], error: image.what };
  const faces = await detect(image);
  if (drawnPath) await writeFileAtomic(drawnPath, await drawFaces(image, faces));
  return {
    path,
    ...photoSize(image),
    faces: faces
      .map((face) => faceInPhoto(image, face))
      .map(({ box, confidence, landmarks }) => ({
        box: [box.x, box.y, box.width, box.height],
        confidence,
        points: { ...landmarks },
      })),
  };
}

function textOf({ path, width, height, faces, error }: PhotoRow): string {
  if (error !== undefined) return `${path}: ${error}`;
  const head = `${path} (${width}×${height}): ${faces.length === 1 ? '1 face' : `${faces.length || 'no'} faces`}`;
  return [
    head,
    ...faces.map(
      ({ box, confidence }) => `  ${box[2]}×${box[3]} at ${box[0]}, ${box[1]}, confidence ${confidence.toFixed(3)}`,
    ),
  ].join('\n');
}
