export { loadPlugin, PjrtError, type Plugin } from './pjrt/plugin.js';
export { Client } from './pjrt/client.js';
