/** Errors of the system (a full disk, a file that may not be written) as errors for people: they are the user's to mend, no defect of ours. */
import { FacewrightError } from '@facewright/core';
import { lockedDirectories } from './lock.js';

interface Meaning {
  readonly what: string;
  readonly todo: string;
}

const ANOTHER_PLACE = 'name another place';
const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: {
    what: 'Permission denied',
    todo: `Change the owner or the mode of it (ls -ld shows them), or ${ANOTHER_PLACE}.`,
  },
  EPERM: {
    what: 'The system does not permit this',
    todo: `Change the owner or the mode of it (ls -ld shows them), or ${ANOTHER_PLACE}.`,
  },
  EROFS: { what: 'The disk is read-only', todo: `Mount it for writing, or ${ANOTHER_PLACE}.` },
  ENOSPC: { what: 'The disk is full', todo: 'Free some space, or name a place on another disk.' },
  EDQUOT: { what: 'Your quota of the disk is used up', todo: 'Free some space, or name a place on another disk.' },
  EFBIG: {
    what: 'The file is larger than the disk or your limits allow',
    todo: 'Raise the limit (ulimit -f), or name a place on another disk.',
  },
  EMFILE: { what: 'This process has too many files open', todo: 'Raise the limit and start again: ulimit -n 1024.' },
  ENFILE: { what: 'The system has too many files open', todo: 'End other programs, or raise the limit (fs.file-max).' },
  ENOENT: { what: 'There is no such file or directory', todo: 'Correct the path; see whether the disk is there.' },
  ENOTDIR: { what: 'A part of the path is a file, not a directory', todo: 'Correct the path.' },
  EISDIR: { what: 'This is a directory, not a file', todo: 'Name a file.' },
  EEXIST: { what: 'The name is taken already', todo: `Remove what is there, or ${ANOTHER_PLACE}.` },
  ENOTEMPTY: { what: 'The directory is not empty', todo: `Remove what is there, or ${ANOTHER_PLACE}.` },
  ENAMETOOLONG: { what: 'The name is too long for this disk', todo: 'Use a shorter name.' },
  ELOOP: { what: 'The path goes in a circle of links', todo: 'Correct the links.' },
  EXDEV: { what: 'This cannot be moved from one disk to another', todo: 'Name a place on one disk.' },
  EBUSY: { what: 'This is in use, or a disk is mounted here', todo: `Close what uses it, or ${ANOTHER_PLACE}.` },
  ETXTBSY: { what: 'This is in use', todo: 'Close what uses it.' },
  EIO: { what: 'The disk cannot be read or written', todo: 'See the system log (dmesg); the disk may be failing.' },
  ENODEV: { what: 'The device is gone', todo: 'See whether the disk is there.' },
  ENXIO: { what: 'The device is gone', todo: 'See whether the disk is there.' },
  ESTALE: { what: 'The network disk has lost this file', todo: 'Mount it anew.' },
  ENOMEM: {
    what: 'There is too little memory',
    todo: 'End other programs, or give smaller work: a smaller batch, fewer workers.',
  },
  EADDRINUSE: {
    what: 'Another program listens on this port',
    todo: 'Name another port by --port; 0 takes any that is free.',
  },
  EADDRNOTAVAIL: { what: 'This machine has no such address', todo: 'Name another one.' },
};

/** What Node adds to an error of the system. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
  readonly address?: string;
  readonly port?: number;
}

/** `undefined` where it is no error of the system; looks at its causes too. */
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
  if (path !== undefined) return dest === undefined ? path : `${path} → ${dest}`;
  if (port !== undefined) return `${address ?? ''}:${port}`;
  // a failed write to an open file names none: it is in one of the directories being written
  return lockedDirectories().join(', ') || undefined;
}
