// What an install takes on disk.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MEGABYTE = 1e6;
/** Packages by whose they are; the first that fits. */
const GROUPS = [
  ['onnxruntime', /^@facewright\/onnxruntime|^onnxruntime/],
  ['our own packages', /^@facewright\/|^facewright$/],
  ['tfjs', /^@tensorflow\//],
  ['sharp and libvips', /^sharp$|^@img\//],
  ['everything else', /./],
];

const bytesBelow = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

/** The packages directly in `node_modules`, with their bytes, nested packages included. */
function packagesIn(modules) {
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
  return names
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => `${name}/${own}`) : [name],
    )
    .map((name) => ({ name, bytes: bytesBelow(join(modules, name)) }));
}

/** One line: the megabytes of an install, by whose packages they are. */
export function installedSize(at) {
  const packages = packagesIn(join(at, 'node_modules'));
  const sums = new Map(GROUPS.map(([group]) => [group, 0]));
  for (const { name, bytes } of packages) {
    const [group] = GROUPS.find(([, pattern]) => pattern.test(name));
    sums.set(group, sums.get(group) + bytes);
  }
  const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(0);
  const parts = [...sums].map(([group, bytes]) => `${group} ${megabytes(bytes)}`);
  const total = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${megabytes(total)} MB in ${packages.length} packages: ${parts.join(', ')}`;
}
