/** Tests run on the GPU of the machine, else on an emulated one, else not. */
import { offerEmulatedGpu } from '@facewright/test/emulated-gpu';
import { nodeGpuSource } from '../src/gpu/node.js';
import { probe } from '../src/gpu/source.js';

/** Why there is none; undefined where there is one. */
export async function adapterHere(): Promise<string | undefined> {
  offerEmulatedGpu();
  return (await probe(nodeGpuSource)).reason;
}
