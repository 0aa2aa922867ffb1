/** A step that is compiled where each of its kernels has a lowering, and else runs op by op, from the same state. */
import { FacewrightError, type Executable, type HostTensors } from '@facewright/core';
import { Gap } from '../lowering/context.js';

/** Told once, with what stands in the way. */
export type OnFallback = (reason: string) => void;

export function fallingBack(
  compiled: Executable,
  openEager: (state: HostTensors) => Executable,
  onFallback: OnFallback,
): Executable {
  let current = compiled;
  let falling: Promise<void> | undefined;
  const fall = async (reason: string): Promise<void> => {
    const eager = openEager(await compiled.readState());
    current = eager;
    compiled.dispose();
    onFallback(reason);
  };
  return {
    async run(inputs) {
      const used = current;
      try {
        return await used.run(inputs);
      } catch (error) {
        const reason = gapIn(error);
        if (reason === undefined || used !== compiled) throw error;
        await (falling ??= fall(reason));
        return current.run(inputs);
      }
    },
    readState: (names) => current.readState(names),
    writeState: (state) => current.writeState(state),
    dispose: () => current.dispose(),
  };
}

function gapIn(error: unknown): string | undefined {
  if (error instanceof Gap) return error.message;
  if (error instanceof FacewrightError && error.what.includes('cannot be captured')) return error.what;
  return undefined;
}
