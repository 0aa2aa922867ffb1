/** The polyfill that tsyringe needs before it loads. It is a separate module because bundlers run modules in order, but CommonJS files on demand. */
import 'reflect-metadata';
