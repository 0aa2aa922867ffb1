/** Turns system errors, such as a full disk or a missing permission, into errors that tell the user what to do. */
import { FacewrightError } from '@facewright/core';
import { lockedDirectories } from './lock.js';

interface Meaning {
  readonly what: string;
  readonly todo: string;
}

const ANOTHER_PLACE = 'choose another place';
const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: {
    what: 'Permission denied',
    todo: `Change its owner or mode (ls -ld shows them), or ${ANOTHER_PLACE}.`,
  },
  EPERM: {
    what: 'The operating system does not allow this',
    todo: `Change its owner or mode (ls -ld shows them), or ${ANOTHER_PLACE}.`,
  },
  EROFS: { what: 'The disk is read-only', todo: `Mount it read-write, or ${ANOTHER_PLACE}.` },
  ENOSPC: { what: 'The disk is full', todo: 'Free some space, or choose a place on another disk.' },
  EDQUOT: { what: 'Your disk quota is used up', todo: 'Free some space, or choose a place on another disk.' },
  EFBIG: {
    what: 'The file is larger than the file system or your limits allow',
    todo: 'Raise the limit (ulimit -f), or choose a place on another disk.',
  },
  EMFILE: { what: 'This process has too many files open', todo: 'Raise the limit and try again: ulimit -n 1024.' },
  ENFILE: {
    what: 'The system has too many files open',
    todo: 'Close other programs, or raise the limit (fs.file-max).',
  },
  ENOENT: { what: 'There is no such file or directory', todo: 'Check the path, and that the disk is mounted.' },
  ENOTDIR: { what: 'Part of the path is a file, not a directory', todo: 'Check the path.' },
  EISDIR: { what: 'This is a directory, not a file', todo: 'Give the path of a file.' },
  EEXIST: { what: 'There is already something with this name', todo: `Remove what is there, or ${ANOTHER_PLACE}.` },
  ENOTEMPTY: { what: 'The directory is not empty', todo: `Remove what is there, or ${ANOTHER_PLACE}.` },
  ENAMETOOLONG: { what: 'The name is too long for this file system', todo: 'Use a shorter name.' },
  ELOOP: { what: 'The path contains a loop of symbolic links', todo: 'Fix the links.' },
  EXDEV: { what: 'Cannot move this from one disk to another', todo: 'Choose a place on the same disk.' },
  EBUSY: {
    what: 'This is in use, or a disk is mounted here',
    todo: `Close the program that uses it, or ${ANOTHER_PLACE}.`,
  },
  ETXTBSY: { what: 'This is in use', todo: 'Close the program that uses it.' },
  EIO: {
    what: 'The disk reported a read or write error',
    todo: 'Check the system log (dmesg): the disk may be failing.',
  },
  ENODEV: { what: 'The device is gone', todo: 'Check that the disk is connected.' },
  ENXIO: { what: 'The device is gone', todo: 'Check that the disk is connected.' },
  ESTALE: { what: 'The network file system no longer knows this file', todo: 'Remount it.' },
  ENOMEM: {
    what: 'There is not enough memory',
    todo: 'Close other programs, or use a smaller batch or fewer workers.',
  },
  EADDRINUSE: {
    what: 'Another program is using this port',
    todo: 'Choose another port with --port; 0 picks any free one.',
  },
  EADDRNOTAVAIL: { what: 'This machine has no such address', todo: 'Choose another one.' },
};

/** The properties that Node adds to a system error. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
  readonly address?: string;
  readonly port?: number;
}

/** `undefined` if it is not a system error. Also looks at its causes. */
export function userErrorOf(error: unknown): FacewrightError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof FacewrightError) return at;
    const found = at as SystemError;
    const meaning = found.syscall !== undefined || found.path !== undefined ? MEANINGS[found.code] : undefined;
    if (!meaning) continue;
    return new FacewrightError({
      what: `${meaning.what} (${found.code}${found.syscall ? `, ${found.syscall}` : ''}).`,
      where: whereOf(found),
      todo: meaning.todo,
      cause: error,
    });
  }
  return undefined;
}

function whereOf({ path, dest, address, port }: SystemError): string | undefined {
  if (path !== undefined) return dest === undefined || dest === path ? path : `${path} → ${dest}`;
  if (port !== undefined) return `${address ?? ''}:${port}`;
  // a failed write to an open file names no path: it is in one of the directories being written
  return lockedDirectories().join(', ') || undefined;
}
