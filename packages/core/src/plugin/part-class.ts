/** Creates parts that are classes, with tsyringe injecting what their constructors ask for. */
import './reflect.js';
import { container, injectable } from 'tsyringe';
import type { PluginContext } from './plugin.js';
import { BASE_DIRECTORY, EMIT, ENGINE, OPTIONS, RANDOM, SIGNAL } from './tokens.js';

/**
 * Marks what to inject into a constructor parameter, by token. Import it from here, so that the reflection polyfill is
 * loaded first.
 */
export { inject } from 'tsyringe';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the parameters are what the class asks for
export type PartClass<T> = new (...parameters: any[]) => T;

/** Creates the part. The constructor can inject the fields of the context. */
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
