/** Writes numpy's .npy format, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

/** Float32 rows of equal length, as an array [rows, columns]. */
export function encodeNpy(rows: readonly Float32Array[], columns: number): Uint8Array {
  const entry = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${columns}), }`;
  const before = 10;
  // magic, version, header length and header together end at a multiple of 64
  const length = Math.ceil((before + entry.length + 1) / 64) * 64 - before;
  const file = new Uint8Array(before + length + 4 * rows.length * columns);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, length & 255, length >> 8]);
  file.set(new TextEncoder().encode(`${entry.padEnd(length - 1)}\n`), before);
  const view = new DataView(file.buffer, before + length);
  rows.forEach((row, r) => row.forEach((value, c) => view.setFloat32(4 * (r * columns + c), value, true)));
  return file;
}
