/** Implements `facewright identify`: identifies the faces in photos among the people of a gallery. */
import { requireSense } from '../identified-photo.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface IdentifyCommandOptions extends CommonOptions {
  readonly model: string;
  readonly gallery: string;
  readonly far?: number;
  readonly threshold?: number;
  readonly draw?: string;
  readonly save?: string;
  readonly forget?: string[];
}

export default (paths: string[], options: IdentifyCommandOptions) =>
  withSession({ ...options, writes: options.draw }, async (session) => {
    requireSense(paths, options);
    const { identifyPhotos } = await import('../identify-photos.js');
    return identifyPhotos(paths, options, session);
  });
