/** Fills a gallery, changes it as asked, and identifies the faces in photos among its people. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { countOf, FacewrightError } from '@facewright/core';
import { openPhoto, writeFileAtomic } from '@facewright/platform/node';
import { faceInImage } from '@facewright/preprocess';
import { LARGE_PHOTO, thresholdFor, type Recogniser } from '@facewright/recognise';
import { drawFaces, drawnNames } from './draw-faces.js';
import { textOfPhoto, type PhotoRow } from './identified-photo.js';
import { photosAt, reasonOf, withRecogniser, type OpenRecogniser } from './open-recogniser.js';
import { galleryFolders } from './gallery-folders.js';
import type { IdentifyCommandOptions } from './actions/identify.js';
import type { Outcome, Session } from './session.js';

export async function identifyPhotos(
  paths: readonly string[],
  options: IdentifyCommandOptions,
  session: Session,
): Promise<Outcome> {
  const photos = paths.length ? await photosAt(paths) : [];
  return withRecogniser(options, session, async (open) => {
    const { recogniser } = open;
    // enrolling many people takes long, so what would stop the command after it is looked for first
    if (photos.length && options.threshold === undefined) thresholdFor(recogniser.card, options.far);
    const skipped = await fillGallery(open, options);
    const forgotten = await forget(recogniser, options);
    if (options.save) await recogniser.save(options.save);
    const people = recogniser.people();
    for (const name of forgotten) session.print(`forgotten: ${name}`);
    session.print(`gallery: ${countOf(people.length, 'person')}, ${countOf(photosOf(people), 'photo')}`);
    const rows = await identifyAll(photos, open, options, session);
    const json = { people, forgotten, skipped, ...(options.save && { saved: resolve(options.save) }), photos: rows };
    return { json, exitCode: rows.some(({ error }) => error !== undefined) ? 1 : 0 };
  });
}

const photosOf = (people: readonly { readonly photos: number }[]): number =>
  people.reduce((sum, { photos }) => sum + photos, 0);

/** From a saved gallery, or from one folder per person; returns the unusable photos. */
async function fillGallery({ recogniser, events }: OpenRecogniser, { gallery }: IdentifyCommandOptions) {
  const found = await stat(gallery).catch(() => {
    throw new FacewrightError({ what: 'There is no such gallery.', where: gallery });
  });
  const skipped: { person: string; photo: string; reason: string }[] = [];
  if (!found.isDirectory()) {
    await recogniser.load(gallery);
    return skipped;
  }
  const { people, repeated } = await galleryFolders(gallery);
  if (!people.length)
    throw new FacewrightError({
      what: 'The gallery has no people.',
      where: gallery,
      todo: 'Expected one folder per person: people/<name>/<photo>.jpg.',
    });
  for (const [index, person] of people.entries()) {
    const photos = await photosAt([join(gallery, person)]).catch(reasonOf);
    const enrolled = typeof photos === 'string' ? photos : await recogniser.enrol(person, photos).catch(reasonOf);
    if (typeof enrolled === 'string') skipped.push({ person, photo: join(gallery, person), reason: enrolled });
    else for (const { photo, reason } of enrolled.skipped) skipped.push({ person, photo: photos[photo], reason });
    events.emit('progress', { task: 'enrol', done: index + 1, total: people.length, unit: 'people' });
  }
  for (const { name: person, sameAs } of repeated)
    skipped.push({ person, photo: join(gallery, person), reason: `It is the same folder as ${sameAs}.` });
  if (!recogniser.people().length)
    throw new FacewrightError({
      what: `Nobody could be enrolled: ${skipped[0].reason}`,
      where: skipped[0].photo,
      todo: 'Expected one folder per person with photos of their face: people/<name>/<photo>.jpg.',
    });
  for (const { photo, reason } of skipped)
    events.emit('notice', { level: 'warning', message: `Not enrolled: ${photo}: ${reason}` });
  return skipped;
}

async function forget(
  recogniser: Recogniser,
  { gallery, forget: names = [] }: IdentifyCommandOptions,
): Promise<string[]> {
  const known = recogniser.people().map(({ name }) => name);
  const unknown = names.filter((name) => !recogniser.forget(name));
  if (unknown.length)
    throw new FacewrightError({
      what: `There is nobody in the gallery named ${unknown.map((name) => `"${name}"`).join(', ')}; nothing was written.`,
      where: gallery,
      todo: `The people in it: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ` and ${known.length - 10} more` : ''}.`,
    });
  if (names.length && (await stat(gallery)).isFile()) await recogniser.save(gallery);
  return [...names];
}

async function identifyAll(
  photos: readonly string[],
  { recogniser, config, events }: OpenRecogniser,
  { far, threshold, draw }: IdentifyCommandOptions,
  { print, signal }: Session,
): Promise<PhotoRow[]> {
  const rows: PhotoRow[] = [];
  const names = drawnNames(photos);
  for (const [index, photo] of photos.entries()) {
    const image = await openPhoto(photo, { ...config.limits, signal, reduce: LARGE_PHOTO }).catch(reasonOf);
    const found =
      typeof image === 'string' ? [] : await recogniser.identify(image, { falseAcceptRate: far, threshold });
    if (draw && typeof image !== 'string') {
      const labels = found.map(({ name, similarity }) => `${name ?? 'unknown'} ${similarity?.toFixed(2) ?? ''}`);
      const faces = found.flatMap(({ face }) => (face ? faceInImage(image, face) : []));
      await writeFileAtomic(join(draw, names[index]), await drawFaces(image, faces, labels));
    }
    const row: PhotoRow = {
      photo,
      faces: found.map(({ face, name, similarity, candidates }) => ({
        name,
        similarity,
        box: face ? [face.box.x, face.box.y, face.box.width, face.box.height] : null,
        candidates,
      })),
      ...(typeof image === 'string' && { error: image }),
    };
    rows.push(row);
    print(textOfPhoto(row));
    events.emit('progress', { task: 'identify', done: index + 1, total: photos.length, unit: 'photos' });
  }
  return rows;
}
