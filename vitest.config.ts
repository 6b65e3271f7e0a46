import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const databaseTests = '**/*.db.test.ts'
const setupFiles = ['server/testing/quiet-console.ts']

/** The same files on each store: what holds on one database holds on the other. */
const onStore = (store: 'sqlite' | 'postgres') => ({
  extends: true as const,
  test: {
    name: store,
    include: [`{server,bench}/${databaseTests}`],
    setupFiles: [...setupFiles, 'server/testing/stop-usher.ts'],
    // The product is loaded once a worker and not once a file, which would take a quarter of the time.
    isolate: false,
    env: { USHER_TEST_STORE: store },
    globalSetup: store === 'postgres' ? ['server/testing/postgres-setup.ts'] : [],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})

export default defineConfig({
  test: {
    passWithNoTests: true,
    allowOnly: false,
    // As many as there are processors; by itself it leaves one idle.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{server,contract,portal/src,scripts,bench}/**/*.test.{ts,tsx}'],
          exclude: [databaseTests, '**/node_modules/**'],
          setupFiles,
        },
      },
      onStore('sqlite'),
      onStore('postgres'),
      {
        extends: true,
        test: {
          name: 'stories',
          include: ['e2e/**/*.story.ts'],
          // One browser and one identity provider at a time, and nothing else beside them.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
