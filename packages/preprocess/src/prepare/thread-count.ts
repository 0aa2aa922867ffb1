/** How many worker threads a preparation starts. */

/** With fewer photos, starting threads takes longer than they save. */
const LEAST_PHOTOS = 48;

/** `wanted` threads if enough of the `photos` are left to do besides those `done` earlier, otherwise none. */
export const threadCount = (wanted: number, photos: number, done: number): number =>
  photos - done >= LEAST_PHOTOS ? wanted : 0;
