/** Implements `facewright worker`: prepares parts from a queue. */
import { createEventStream } from '@facewright/core';
import { openLibrary } from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf } from '../config-of.js';
import { preparePart } from '../preparation-job.js';
import { queuePackage } from '../queue-package.js';
import { withSession, type SessionOptions } from '../session.js';

export interface WorkerOptions extends SessionOptions {
  readonly queue: string;
  readonly config?: string;
  readonly untilEmpty?: boolean;
}

export default (options: WorkerOptions) =>
  withSession({ ...options, waits: false }, async ({ signal, onEvent, print }) => {
    const { queueAddress, serveQueue } = await queuePackage();
    const address = queueAddress(options.queue);
    const { config, baseDirectory, where } = await configOf({ config: options.config });
    const { packages } = await openLibrary(config.plugins, { builtins, baseDirectory, where });
    const own = packages.filter((each) => !builtins.includes(each));
    const events = createEventStream();
    events.subscribe(onEvent);
    const tell = (level: 'info' | 'warning', message: string): void => events.emit('notice', { level, message });
    tell('info', `Waiting for parts from ${address.shown}. Ctrl-C gives back the part in work.`);
    const done = await serveQueue(address, {
      signal,
      untilEmpty: options.untilEmpty ?? false,
      onMessage: tell,
      work: ({ preparation, number, of }, { progress }) => {
        tell('info', `Preparing part ${number} of ${of}.`);
        return preparePart(preparation, { number, of }, own, { signal, onEvent }, progress);
      },
    });
    print(`${done} ${done === 1 ? 'part' : 'parts'} prepared here`);
    return { json: { parts: done } };
  });
