/**
 * Wraps an executable so that its calls reject if the device is lost or rejects a command; WebGPU itself reports
 * neither to code waiting for results.
 */
import { DeviceLost, FacewrightError, type Executable } from '@facewright/core';
import type { OpenDevice } from '../gpu/device.js';

export function watched(executable: Executable, { name, health }: Pick<OpenDevice, 'name' | 'health'>): Executable {
  const watch = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const lost = (): void => reject(new DeviceLost(`The GPU (${name})`, health.lost!));
      if (health.lost !== undefined) return lost();
      health.onLost.add(lost);
      const refused = (): FacewrightError | undefined => {
        const [fault] = health.faults.splice(0);
        return fault === undefined
          ? undefined
          : new FacewrightError({
              what: `The GPU (${name}) rejected a command: ${fault.split('\n')[0]}`,
              todo: 'Use another engine, and report this with the whole message.',
              cause: fault,
            });
      };
      work()
        .then((result) => {
          const fault = refused();
          if (fault) reject(fault);
          else resolve(result);
        })
        // errors caused by a lost device occur a moment before the loss is reported
        .catch((error: unknown) => void setTimeout(() => reject(refused() ?? error)))
        .finally(() => setTimeout(() => health.onLost.delete(lost)));
    });
  return {
    get lowering() {
      return executable.lowering;
    },
    run: (inputs) => watch(() => executable.run(inputs)),
    readState: (names) => watch(() => executable.readState(names)),
    writeState: (state) => watch(() => executable.writeState(state)),
    dispose: () => executable.dispose(),
  };
}
