/** Who the columns of a training's head are: `checkpoints/identities.json`, for trainings that go on with other people. */
import { join, readFile, writeFileAtomic } from '@facewright/platform';
import { z } from 'zod';
import { digestOfList } from './digest.js';

const FILE = 'identities.json';
const schema = z.object({ format: z.literal(1), identities: z.array(z.string()) });

export const writeIdentities = (directory: string, identities: readonly string[]): Promise<void> =>
  writeFileAtomic(join(directory, FILE), `${JSON.stringify({ format: 1, identities })}\n`);

/** The people by label; nothing where the file is not there, damaged, or of another training than the one of this digest. */
export async function readIdentities(directory: string, digest: string | undefined): Promise<string[] | undefined> {
  try {
    const { identities } = schema.parse(JSON.parse(await readFile(join(directory, FILE), 'utf8')));
    return digestOfList(identities) === digest ? identities : undefined;
  } catch {
    return undefined;
  }
}
