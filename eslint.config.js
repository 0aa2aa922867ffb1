// Lint for the whole workspace. The nx tags keep contracts free of implementations and packages free of their siblings.
import nx from '@nx/eslint-plugin';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/generated/**',
      '**/node_modules/**',
      '.nx/**',
      '**/*.cjs',
      'packages/preprocess/kernels/**',
    ],
  }, // kernels: AssemblyScript
  ...tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'max-depth': ['error', 4],
      'no-nested-ternary': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    // a describe's function holds all of its tests, so its length says nothing
    files: ['**/*.test.ts', '**/test/**/*.ts'],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
  {
    // it sends usage data unless that was turned off before loading
    ignores: ['packages/backend-onnx/src/session/runtime.ts'],
    rules: {
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { name: 'onnxruntime-node', allowTypeImports: true, message: 'Use loadRuntime or openOnnxModel.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportExpression[source.value='onnxruntime-node']",
          message: 'Use loadRuntime or openOnnxModel.',
        },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          checkDynamicDependenciesExceptions: ['.*'], // lazily loaded by one file of the tool and at startup by another: each command loads its own
          allow: ['#gradients', '#kernels', '#threads'], // a package's own file, replaced in browsers
          depConstraints: [
            { sourceTag: 'scope:core', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'scope:create', onlyDependOnLibsWithTags: ['scope:create'] },
            { sourceTag: 'scope:platform', onlyDependOnLibsWithTags: ['scope:core', 'scope:platform'] },
            { sourceTag: 'scope:testkit', onlyDependOnLibsWithTags: ['scope:core'] },
            { sourceTag: 'scope:lib', onlyDependOnLibsWithTags: ['scope:core', 'scope:platform'] },
            {
              sourceTag: 'scope:engine',
              onlyDependOnLibsWithTags: ['scope:core', 'scope:platform', 'scope:capture', 'scope:compiled-engine'],
            },
            { sourceTag: 'scope:compiled-engine', onlyDependOnLibsWithTags: ['scope:core', 'scope:capture'] },
            { sourceTag: 'scope:capture', onlyDependOnLibsWithTags: ['scope:core'] },
            { sourceTag: 'scope:convert', onlyDependOnLibsWithTags: ['scope:core', 'scope:platform', 'scope:capture'] },
            { sourceTag: 'scope:run', onlyDependOnLibsWithTags: ['scope:core', 'scope:platform', 'scope:lib'] },
            {
              sourceTag: 'scope:recognise',
              onlyDependOnLibsWithTags: ['scope:core', 'scope:platform', 'scope:lib', 'scope:engine'],
            },
            {
              sourceTag: 'scope:app',
              onlyDependOnLibsWithTags: [
                'scope:run',
                'scope:recognise',
                'scope:core',
                'scope:platform',
                'scope:lib',
                'scope:engine',
                'scope:capture',
                'scope:convert',
                'scope:page',
              ],
            },
            {
              sourceTag: 'scope:page',
              onlyDependOnLibsWithTags: [
                'scope:run',
                'scope:recognise',
                'scope:core',
                'scope:platform',
                'scope:lib',
                'scope:engine',
                'scope:capture',
                'scope:convert',
              ],
            },
          ],
        },
      ],
    },
  },
);
