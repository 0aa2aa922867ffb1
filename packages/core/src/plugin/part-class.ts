/** Creates parts that are classes, with tsyringe injecting what their constructors ask for. */
import './reflect.js';
import { container, injectable } from 'tsyringe';
import type { PluginContext } from './plugin.js';
import { BASE_DIRECTORY, EMIT, ENGINE, OPTIONS, RANDOM, SIGNAL } from './tokens.js';

/** Names what a parameter of a part's constructor is, by its token. From here it works whatever was loaded first. */
export { inject } from 'tsyringe';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the parameters are what the class asks for
export type PartClass<T> = new (...parameters: any[]) => T;

/** The same part that a function of `options` and `context` could make: what a constructor asks for are the fields of the context. */
export function instanceOf<T>(useClass: PartClass<T>, options: unknown, context: PluginContext): T {
  injectable()(useClass);
  const own = container.createChildContainer();
  own.register(OPTIONS, { useValue: options });
  own.register(RANDOM, { useValue: context.random });
  own.register(EMIT, { useValue: context.emit });
  own.register(SIGNAL, { useValue: context.signal });
  own.register(BASE_DIRECTORY, { useValue: context.baseDirectory });
  own.register(ENGINE, { useFactory: () => context.engine() });
  return own.resolve(useClass);
}
