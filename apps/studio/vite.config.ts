// Builds the page into dist/page from the packages' sources, as browsers see them.
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  resolve: { conditions: ['@facewright/source', 'browser', 'module', 'import', 'default'] },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: 'es' },
});
