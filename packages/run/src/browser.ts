/** A run in a browser: the same composition and stages as in Node, with parts supplied by the page. */
export { pluginsOf, type Builtins, type PluginPackage } from './composition/builtins.js';
export { closedLibrary, type PluginLibrary } from './composition/library.js';
export { runInPage, type PageRun, type PageRunOptions } from './page/run-in-page.js';
