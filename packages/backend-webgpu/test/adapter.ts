/** Tests use the machine's GPU, or else an emulated one, or else are skipped. */
import { offerEmulatedGpu } from '@facewright/test/emulated-gpu';
import { nodeGpuSource } from '../src/gpu/node.js';
import { probe } from '../src/gpu/source.js';

/** Why there is none; undefined if there is one. */
export async function adapterHere(): Promise<string | undefined> {
  offerEmulatedGpu();
  return (await probe(nodeGpuSource)).reason;
}
