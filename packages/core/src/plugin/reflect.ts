/** What tsyringe needs to be there before it is loaded. A module of its own: bundlers run those in order, but CommonJS files where they are asked for. */
import 'reflect-metadata';
