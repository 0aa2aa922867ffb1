/**
 * The compiled kernels as text inside the script, because a browser cannot read a file synchronously. They are only a
 * few kilobytes.
 */
import { latin1Bytes } from '@facewright/core';
import { KERNELS } from '../../generated/kernels.js';

export const kernelBytes = (): Uint8Array => latin1Bytes(atob(KERNELS));

export const unfilled = (bytes: number): Uint8Array => new Uint8Array(bytes);
