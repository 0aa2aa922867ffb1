/** `checkpoints/identities.json`: the person of each class centre, for trainings that continue with other people. */
import { join, readFile, writeFileAtomic } from '@facewright/platform';
import { z } from 'zod';
import { digestOfList } from './digest.js';

const FILE = 'identities.json';
const schema = z.object({ format: z.literal(1), identities: z.array(z.string()) });

export const writeIdentities = (directory: string, identities: readonly string[]): Promise<void> =>
  writeFileAtomic(join(directory, FILE), `${JSON.stringify({ format: 1, identities })}\n`);

/** The people by label, or undefined if the file is missing, damaged, or belongs to a training with another digest. */
export async function readIdentities(directory: string, digest: string | undefined): Promise<string[] | undefined> {
  try {
    const { identities } = schema.parse(JSON.parse(await readFile(join(directory, FILE), 'utf8')));
    return digestOfList(identities) === digest ? identities : undefined;
  } catch {
    return undefined;
  }
}
