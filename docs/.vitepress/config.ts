/** The documentation site: `npm run docs`. Pages under parts/ and reference/ are made by scripts/docs.mjs. */
import { posix } from 'node:path';
import { defineConfig } from 'vitepress';

const REPOSITORY = 'https://github.com/facewright/facewright/blob/main/';

const page = (text: string, link: string): { text: string; link: string } => ({ text, link });

export default defineConfig({
  title: 'facewright',
  description: 'From photos of people to a verified face-recognition model, in TypeScript',
  cleanUrls: true,
  markdown: {
    // on the repository's pages links lead to files beside docs/; the site has only docs/
    config(md) {
      md.core.ruler.push('links-into-the-repository', ({ tokens, env }) => {
        for (const { children } of tokens)
          for (const token of children ?? []) {
            const href = token.type === 'link_open' ? token.attrGet('href') : null;
            if (!href || /^(\w+:|#|\/)/.test(href)) continue;
            const path = posix.join('docs', posix.dirname((env as { relativePath: string }).relativePath), href);
            if (!path.startsWith('docs/')) token.attrSet('href', REPOSITORY + path);
          }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Start', '/start'),
      page('Recipes', '/recipes/'),
      page('Parts', '/parts/'),
      page('Reference', '/reference/'),
    ],
    sidebar: [
      {
        text: 'Learn',
        items: [
          page('Start', '/start'),
          page('Concepts', '/concepts'),
          page('Your own photos', '/your-photos'),
          page('Config', '/config'),
          page('Built-in parts', '/parts/'),
          page('Write a plugin', '/plugins'),
        ],
      },
      {
        text: 'Recipes',
        items: [
          page('All recipes', '/recipes/'),
          page('Write a loss', '/recipes/write-a-loss'),
          page('Add a backend', '/recipes/add-a-backend'),
          page('Resume', '/recipes/resume'),
          page('Fine-tune', '/recipes/fine-tune'),
          page('Export', '/recipes/export'),
          page('Use a model in Node', '/recipes/use-in-node'),
          page('Use a model in the browser', '/recipes/use-in-the-browser'),
          page('Train on a GPU', '/recipes/train-on-a-gpu'),
          page('Disks and network storage', '/recipes/slow-storage'),
          page('Several machines', '/recipes/several-machines'),
          page('From a laptop to a cluster', '/recipes/cluster'),
        ],
      },
      {
        text: 'More',
        items: [
          page('Coming from another library', '/coming-from'),
          page('A compiled engine', '/compiled-engine'),
          page('Benchmarks', '/benchmarks'),
          page('Safety', '/safety'),
          page('Responsible use', '/responsible-use'),
          page('Reference', '/reference/'),
        ],
      },
    ],
    socialLinks: [{ icon: 'github', link: 'https://github.com/facewright/facewright' }],
  },
});
