/**
 * Makes `instanceof` work across copies of a package. npm may install this package twice, which gives two classes of each name. A branded class
 * checks for its brand, a symbol that all copies share, instead of its own identity.
 */

type Class = abstract new (...args: never[]) => object;

/**
 * Makes `value instanceof target` true for instances of every class with this brand. Call it in the class's `static`
 * block.
 */
export function brand(target: Class, name: string): void {
  const symbol = Symbol.for(`facewright/class/${name}`);
  Object.defineProperty(target.prototype, symbol, { value: true });
  Object.defineProperty(target, Symbol.hasInstance, {
    // subclasses inherit this method; one without its own brand falls back to the default check
    value(this: unknown, value: unknown): boolean {
      if (this !== target) return Function.prototype[Symbol.hasInstance].call(this as Class, value);
      return typeof value === 'object' && value !== null && symbol in value;
    },
  });
}
