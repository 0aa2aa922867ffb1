/**
 * The system's libturbojpeg, called through koffi: the fastest decoder, if it is installed
 * (`apt-get install libturbojpeg0`, `brew install jpeg-turbo`).
 */
import { loadKoffi } from '../koffi.js';
import type { PlainDecoder } from './decoder.js';

const NAMES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['libturbojpeg.so.0'],
  darwin: [
    'libturbojpeg.0.dylib',
    '/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.0.dylib',
    '/usr/local/opt/jpeg-turbo/lib/libturbojpeg.0.dylib',
  ],
  win32: ['turbojpeg.dll'],
};
const PIXELS_RGB = 0;
const ACCURATE_DCT = 4096;

/** Throws if koffi or the library cannot be loaded. */
export async function openTurboJpeg(): Promise<PlainDecoder> {
  const koffi = await loadKoffi();
  const library = firstOf(NAMES[process.platform] ?? [], (name) => koffi.load(name));
  const init = library.func('void* tjInitDecompress()');
  const destroy = library.func('int tjDestroy(void*)');
  const decompress = library.func(
    'int tjDecompress2(void* handle, const uint8_t* bytes, unsigned long size, uint8_t* pixels, int width, int pitch, int height, int format, int flags)',
  );
  let handle: unknown = init();
  return {
    name: 'libturbojpeg',
    decode(bytes, { width, height }, into) {
      const status = decompress(
        handle,
        bytes,
        bytes.length,
        into,
        width,
        width * 3,
        height,
        PIXELS_RGB,
        ACCURATE_DCT,
      ) as number;
      if (status === 0) return true;
      // some versions keep the state of a file that failed
      destroy(handle);
      handle = init();
      return false;
    },
  };
}

function firstOf<T>(names: readonly string[], load: (name: string) => T): T {
  const reasons: unknown[] = [];
  for (const name of names) {
    try {
      return load(name);
    } catch (error) {
      reasons.push(error);
    }
  }
  throw new AggregateError(reasons, 'libturbojpeg is not installed');
}
